// Package publish copies ledgers out of the database, as they grow, to where whoever
// controls the database cannot reach them: a folder on another disk, or one that a backup
// carries away every hour. What is out cannot be unsaid.
//
// # What is published
//
// Of each ledger, in a folder of its name, what https://c2sp.org/tlog-tiles describes, so
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
// # What is noticed
//
// Nothing but the file checkpoint is ever overwritten. What exists already must be byte
// for byte what would be written, and the tree must begin with the one that was published
// last: a difference means that there are two histories. Then the ledger is halted,
// because every further event would be signed into the second one. For the same reason
// Check refuses to begin on a database that has less than what is published, or something
// else. And it refuses what is published when that is less than it was.
package publish
