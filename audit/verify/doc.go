// Package verify proves a copy of a ledger offline, without a database or a network, and
// without trust in the maker of the copy.
//
// It shares only the event's codec with the ledger: package audit/event defines what is
// proven. Package audit computes the Merkle tree with fast code of its own. Here
// golang.org/x/mod/sumdb/tlog computes it again from the leaves alone, so both sides
// cannot share a mistake.
//
// # What is proven
//
// A checkpoint is a signed note (C2SP tlog-checkpoint) over the number of events and the
// root of their Merkle tree:
//
//	bordereau.example/audit/o_…
//	1234
//	<base64 of the root, 32 bytes>
//
//	— bordereau.example/audit/o_… <base64 of the key's hash and the signature>
//
// When the tree over the first 1234 leaves of the copy has that root, those are the 1234
// events that were signed: none was changed, left out, put in or moved. Older checkpoints
// are checked in the same pass: a ledger that was rewritten and signed anew contradicts
// them.
//
// Beside the tree, Copy checks the leaves themselves. Each is in its one form and of this
// ledger. Sequence numbers have no gap and times never fall. Every access that ended was
// granted before. Erasable data that is there opens its commitment. The columns and the
// index rows of a database repeat the leaves.
//
// # Published ledgers
//
// A folder that a ledger was published to (package audit/publish,
// https://c2sp.org/tlog-tiles) is a copy too. Published reads the events from its
// bundles, and compares them with every checkpoint and every tile in it. Served does the
// same with the tiles that a gateway serves.
//
// # Epochs and keys
//
// A ledger may have gone on under another name after a restore, or with another key.
// Control events and published statements lead from one to the other, and the
// verification follows them. Each epoch must end exactly where the next one says.
//
// # Evidence packs
//
// Pack verifies an archive with the answer to one question: a few events, each with the
// proof that it is under one checkpoint. The archive may be forged, so it is read in one
// form only (archive.go). It proves the events that it holds and never that none is
// missing. With only the key that came in it, it proves nothing.
//
// # What is not
//
// A copy cannot show that the ledger ends with it. Completeness is claimed up to the
// checkpoint, and the reader has to judge how recent that is. Erased data cannot be
// checked. An event proves that it was recorded, not that it is true, nor that nothing
// else happened.
package verify
