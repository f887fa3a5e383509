// Package api is Bordereau's HTTP interface as its clients see it. It has the OpenAPI
// document (openapi.yaml, written by hand and reviewed as a file), and the types and the
// Go client generated from it. Some operations, which generated code does badly, are
// written by hand.
//
// # Calling the gateway
//
// NewClientWithResponses makes a client; Bearer adds the access token from SignIn; Answer
// turns a generated response into a value or an error:
//
//	token, err := api.SignIn(ctx, client, person, secret)
//	r, err := client.OpenBatchWithResponse(ctx, contract, api.NewBatch{Reference: "2026-03-01"}, api.Bearer(token.AccessToken))
//	if err != nil {
//		return err
//	}
//	batch, err := api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
//
// Every refusal of the gateway is a *Problem in the error: errors.As finds it, and
// Problem.Kind names it.
//
// Send and Fetch stream documents. Both know the size and the digest of the document, and
// neither reports success for a document with another size or digest. VerifyReceipt
// checks a signed receipt without asking the gateway.
package api

import _ "embed"

// The lists of package policy and of events come first: the types are made from the
// document.
//
//go:generate go run ../tables ../..
//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config types.yaml openapi.yaml
//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config client.yaml openapi.yaml

//go:embed openapi.yaml
var specification string

// Specification is the OpenAPI 3.1 document, in YAML.
func Specification() string { return specification }
