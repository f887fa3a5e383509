// Package transfer is where documents' bytes come in and leave: uploads, which end in a signed receipt, and downloads,
// whole or in part. docs/life-of-a-document.md walks through every step and says what happens when the process dies there.
//
// Both are granted by an act first, and end with a second event that says how they ended. Content.Send is the only place
// of the product where a byte of a document leaves for a caller, and it gets a document to send from an allowed act alone. An
// upload is acknowledged only when its body is stored and verified, its row is committed and the ledger has its event.
//
// This room deletes the objects of uploads that were abandoned, and no others.
package transfer
