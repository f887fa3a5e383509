// Package verify proves a copy of a ledger, offline: no database, no network, and no
// trust in whoever made the copy.
//
// It shares the event's codec with the ledger (package audit/event: what is proven is
// defined there) and nothing else. Package audit computes the Merkle tree in a way of its
// own to be fast; here golang.org/x/mod/sumdb/tlog computes it again from the leaves
// alone, so one mistake cannot be made on both sides.
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
// events that were signed: none was changed, left out, put in or moved. Every older
// checkpoint that somebody kept is checked in the same pass: a ledger that was rewritten
// and signed anew contradicts them.
//
// Beside the tree, Copy checks what the leaves say: that each is in its one form and of
// this ledger, that sequence numbers have no gap and times never fall, that what ended
// was granted before, that erasable data which are still there open their commitments,
// and that the index a database keeps beside the leaves, and the index rows that it finds
// them by, say what the leaves say.
//
// # Published ledgers
//
// A folder that a ledger was published to (package audit/publish,
// https://c2sp.org/tlog-tiles) is a copy too. Published reads the events from its
// bundles, holds them against every checkpoint in it, and every tile against the events.
// Served does the same with what a gateway serves.
//
// # Epochs and keys
//
// A ledger that went on under another name after a restore, or with another key, is
// followed: what leads from one to the other is in the events, and in the statements that
// are published. Each epoch must end exactly where the next one says.
//
// # Evidence packs
//
// Pack verifies an archive with the answer to one question: a few events, each with the
// proof that it is under one checkpoint. It is read in one form only (archive.go),
// because it is anybody's work. It proves the events that it holds and never that none is
// missing, and with a key that came in it, it proves nothing.
//
// # What is not
//
// A copy cannot show that the ledger does not go on after it: completeness is claimed up
// to the checkpoint, and how recent that is the reader has to judge. A erasable data that
// was erased cannot be checked. And an event proves that it was recorded, not that what
// it tells is all that happened.
package verify
