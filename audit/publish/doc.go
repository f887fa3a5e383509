// Package publish copies ledgers out of the database, as they grow, to a place that a
// person who controls the database cannot reach: a folder on another disk, a bucket, or a
// folder that a backup copies every hour. A published event cannot be taken back.
//
// # What is published
//
// Each ledger has a folder of its name with the files of https://c2sp.org/tlog-tiles, so
// that any client of such logs reads it:
//
//	o_…/checkpoint                             the newest checkpoint
//	o_…/checkpoints/00000000000000000734       every one that was published, by its size
//	o_…/tile/0/000, tile/0/001, …              256 hashes each
//	o_…/tile/0/002.p/222                       the hashes of a tile that is not full yet
//	o_…/tile/1/000.p/2
//	o_…/tile/entries/002.p/222                 the events themselves, without their erasable data
//	o_…/keys/00000000000000000412              a statement that a key follows on another, by its event
//	o_…/2/checkpoint, o_…/2/tile/…             all of it again, whole, for the second epoch
//
// Tiles are written before the checkpoint that covers them. If we die in between, the
// next publication writes the same bytes again: everything is a function of the ledger.
//
// # What shows a difference
//
// Nothing but the file checkpoint is ever overwritten. An existing file must be byte for
// byte the one that would be written, and the tree must begin with the one that was
// published last. A difference means that there are two histories. Then the ledger is
// halted, because every further event would be signed into the second one. For the same
// reason Check refuses a database that has fewer events than the published ledger, or
// others. And it refuses a published ledger that has shrunk.
package publish
