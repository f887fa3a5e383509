// Package gateway is the facade of the product, in plain Go. Gateway has the methods for
// callers of the rooms below it. Contracts, people, batches and assignments are its own.
// HTTP, pages and commands are thin layers over the methods of Gateway, and none of them
// decides.
//
// # One door
//
// Every operation is one act through gateway/choke. A single transaction loads the facts,
// lets package policy decide, mutates, and writes the audit event into the outbox. After
// the commit the act waits until the ledger has sequenced the event. Only then does the
// operation return success or release a byte.
//
// Package choke alone holds the database, so code that bypasses it does not compile. The
// tests of gatewaytest/rooms check what the compiler cannot. To learn what protects a
// document, read choke/doc.go and choke/act.go, and then Upload and Download in transfer.
//
// # A document at rest
//
// A document is one standard age file in two places. Its body is an object in the store,
// under a random key. Its header (the wrapped file key) is a row in the database, with
// the file name. Neither opens without the other. Deleting the row erases both the
// document and its name. docs/life-of-a-document.md walks through every step and says
// what happens when the process dies there.
package gateway
