// Package httpapi serves the API of package gateway/api over HTTP. It translates and nothing more: a request becomes one
// call of a gateway method, an answer becomes JSON, an error becomes a problem. What is allowed is decided in package
// gateway; what is well formed is decided here, and strictly, because whatever two readers of one request can read
// differently is a hole.
//
// # The way of a request
//
// Every request passes, in this order: its identifier and the security headers (request.go), recovery (recovery.go), the
// deadlines of its body and its answer (progress.go), authentication (authenticate.go), the check of everything in the
// path (path.go), and then its handler. JSON operations go through the generated strict server (server.gen.go), with
// the body read by body.go and its members and query parameters checked by exact.go. Seven operations are not JSON in and
// JSON out and are written by hand: token.go, terms.go, upload.go, download.go,
// proofs.go.
//
// # Errors
//
// problem.go holds the one table from errors to problems. An error that is not in it is a 500: logged whole, shown as
// one fixed sentence with the request's identifier. After the first byte of a document there is no problem any more: the
// connection is broken, so that a part of a document is never taken for the whole.
//
// This is the only package that knows gin.
package httpapi

//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config server.yaml ../api/openapi.yaml
