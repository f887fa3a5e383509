// Package gateway is the facade of the product, in plain Go: what the rooms below it have for callers, Gateway has.
// Contracts, people, batches and assignments are its own. HTTP, pages and commands are thin layers over the methods of
// Gateway; none of them decides.
//
// # One door
//
// Every operation is one act through gateway/choke: a single transaction loads the facts, lets package policy decide,
// mutates and stages the audit event; after the commit the act waits until the ledger has sequenced the event. Only then
// does the operation return success or give a byte. Package choke alone holds the database, so an act that goes round it
// does not compile; the tests of gatewaytest/rooms hold what the compiler cannot. To know what protects a document, read
// choke/act.go, and then Upload and Download in transfer.
//
// # A document at rest
//
// A document is one standard age file in two places: its body is an object in the store under a random key, its header
// (the wrapped file key) is a row in the database, beside the file name. Neither opens without the other, and deleting
// the row erases both the document and its name. docs/life-of-a-document.md walks through every step and says what
// happens when the process dies there.
package gateway
