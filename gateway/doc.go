// Package gateway is the product in plain Go: organisations and their people, contracts, batches, documents, leases
// and receipts. HTTP, pages and commands are thin layers over the methods of Gateway; none of them decides.
//
// # One choke point
//
// Every operation is one act (act.go): a single transaction reads the facts, lets package policy decide, changes
// state and stages the audit event; after the commit the act waits, outside any transaction, until the ledger has
// sequenced the event. Only then does the operation return success or give a byte. A denial is staged in the same way.
// Whoever wants to know what protects a document reads act.go, and then Upload and Download.
//
// # A document at rest
//
// A document is one standard age file in two places: its body is an object in the store under a random key, its header
// (the wrapped file key) is a row in the database, beside the file name. Neither opens without the other, and deleting
// the row erases both the document and its name. docs/life-of-a-document.md walks through every step and says what
// happens when the process dies there.
package gateway
