// Package httpapi serves the API of package gateway/api over HTTP. It only translates: a
// request becomes one call of a gateway method, an answer becomes JSON, an error becomes
// a problem. Package gateway decides what is allowed. This package decides what is well
// formed, and does it strictly: a request that two readers can understand differently is
// a hole.
//
// # The path of a request
//
// Every request passes these steps in this order: its identifier and the security headers
// (request.go), recovery (recovery.go), the deadlines of its body and its answer
// (progress.go), authentication (authenticate.go), the check of everything in the path
// (path.go), and then its handler. JSON operations go through the generated strict server
// (server.gen.go). body.go reads their body, and exact.go checks its members and the
// query parameters. Seven operations are not JSON in and JSON out and are written by
// hand: token.go, terms.go, upload.go, download.go, proofs.go.
//
// # Errors
//
// problem.go has the one table from errors to problems. An error that is not in the table
// is a 500: it is logged whole, and the client sees one fixed sentence with the request's
// identifier. After the first byte of a document no problem can be sent: the connection
// is broken, so that a client never takes a part of a document for the whole.
//
// Only this package imports gin.
package httpapi

//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config server.yaml ../api/openapi.yaml
