// Package audit is the ledger. No one can later change or leave out a recorded event, not
// even the operator of the gateway, without a holder of a checkpoint noticing.
//
// Each client has a ledger of its own, and the ledger "operator" holds what concerns no
// single client. A ledger is the append-only Merkle tree of RFC 6962 over its events'
// leaves (package event). Events and the state of the tree are in the product's own
// database and change in one transaction. So they cannot disagree, and an event can be
// queried as soon as it is durable.
//
// # How an event gets in
//
//	act:       BEGIN; change state; Stage(event); COMMIT          no transaction is open after this
//	           Wait(ticket)                                       wakes the sequencer
//	sequencer: BEGIN; lock; drain the outbox; give each event its number, time and leaf;
//	           write events, index rows and heads; COMMIT; answer the waiting acts
//	act:       only now an answer of success, or the first byte
//
// Stage makes the event part of the act: neither exists without the other. The sequencer
// (Run) makes events of many acts durable at once: while one batch is being committed,
// the next collects. The lock is one row. The replica that holds it sequences the events
// of all replicas. A replica that dies at any point leaves only an undone transaction:
// another replica finds its events in the outbox. An event without an act (Append)
// reaches the sequencer in memory.
//
// When the answer to a commit is lost, the sequencer looks the events up by their ids. So
// Wait may fail for an event that is in the ledger, and never succeeds for one that is
// not.
//
// # How an event is found
//
// A query finds an event by its number, its id or its time directly. It finds events by
// their fields through the bitmap index (index.go): for every value in a block of 64
// events there is one row, whose bits say which of the events have the value. Several
// filters are the bits that their index rows share. The events after the last full block
// are read one by one. A page reads the events that it shows and checks the filters
// again; counts go by the bits. So a forged index row hides events or miscounts them, and
// never shows one. Index rows are derived from the leaves, and verified as the columns
// are.
//
// # What is trusted
//
// The database is not trusted. A person who controls it can rewrite it, but not in
// agreement with a checkpoint that another party holds. Open refuses a database that
// acknowledges a commit before it is on disk. Queries notice a row that contradicts its
// leaf. Only package audit/verify, which shares no code with this one, proves that a
// whole ledger is the one that was signed.
//
// # Proofs
//
// A Tree is a ledger at one size. It checks each proof and tile against its root before
// it returns it. The first request for a full tile stores it in a table; an append never
// writes tiles. docs/ledger.md has the formats.
//
// # Epochs and keys
//
// After a restore that lost published events, BeginEpoch imports them again, and the tree
// goes on under another name. RotateKey replaces the signing key. The ledger records both
// as control events, which a verifier follows; package event defines them.
//
// # Checkpoints
//
// A checkpoint is a C2SP signed note over a ledger's name, size and root:
//
//	ledger.example/o_aaaaaaaaaaaaaaaaaaaaaaaaaa
//	2
//	<base64 of the root>
//
//	— ledger.example/o_aaaaaaaaaaaaaaaaaaaaaaaaaa <base64 of key hash and Ed25519 signature>
package audit
