// Package api is Bordereau's HTTP interface as its clients see it: the OpenAPI document (openapi.yaml, written by hand and
// reviewed as a file), the types and the Go client generated from it, and by hand what generated code does badly.
//
// # Calling the gateway
//
// NewClientWithResponses makes a client; Bearer adds the access token that SignIn got; Answer turns a generated response
// into a value or an error:
//
//	token, err := api.SignIn(ctx, client, person, secret)
//	r, err := client.OpenBatchWithResponse(ctx, contract, api.NewBatch{Reference: "2026-03-01"}, api.Bearer(token.AccessToken))
//	if err != nil {
//		return err
//	}
//	batch, err := api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
//
// Whatever the gateway refuses is a *Problem, wherever the error comes from: errors.As finds it, Problem.Kind tells what
// it is.
//
// Documents are streamed, both ways, by Send and Fetch. Both know the size and the digest of what they move, and neither
// reports success for anything else. VerifyReceipt checks a signed receipt without asking the gateway.
package api

import _ "embed"

//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config types.yaml openapi.yaml
//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config client.yaml openapi.yaml

//go:embed openapi.yaml
var specification string

// Specification is the OpenAPI 3.1 document, in YAML.
func Specification() string { return specification }
