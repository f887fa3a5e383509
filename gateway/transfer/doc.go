// Package transfer takes documents in and gives them out: uploads, which end in a signed
// receipt, and downloads, whole or in part. docs/life-of-a-document.md walks through
// every step and says what happens when the process dies there.
//
// An act grants the upload or the download first. A second event records how it ended.
// Content.Send is the only place of the product where a byte of a document leaves for a
// caller, and only an allowed act makes a Content. An upload is acknowledged only when
// its body is stored and verified, its row is committed, and the ledger has its event.
//
// This room deletes the objects of abandoned uploads, and no others.
package transfer
