// Package audit is the ledger: it records events so that nobody, whoever runs the gateway
// included, can later change or leave out one without being found out by those who hold a
// checkpoint.
//
// Each client has a ledger of its own, and there is one named "operator" for what
// concerns no single client. A ledger is the append-only Merkle tree of RFC 6962 over its
// events' leaves (package event). Events and the state of the tree stand in the product's
// own database and change in one transaction, so that they cannot disagree and an event
// can be queried the moment it is durable.
//
// # How an event gets in
//
//	act:       BEGIN; change state; Stage(event); COMMIT          no transaction is open after this
//	           Wait(ticket)                                       wakes the sequencer
//	sequencer: BEGIN; lock; drain the outbox; give each event its number, time and leaf;
//	           write events, what they are found by, and heads; COMMIT; answer those who wait
//	act:       only now an answer of success, or the first byte
//
// Stage makes the event part of the act: neither exists without the other. The sequencer
// (Run) is what makes it durable for many acts at once: while one batch is being
// committed, the next collects. The lock is one row, whichever replica holds it sequences
// the events of all, and a replica that dies at any point leaves a transaction undone and
// nothing else: what it had put into the outbox another one finds. An event without an
// act (Append) is handed to the sequencer in memory.
//
// A commit whose answer is lost counts as nothing: the events are looked up by their ids.
// So Wait may fail for an event that is in the ledger, and never succeeds for one that is
// not.
//
// # How an event is found
//
// By its number, its id or its time at once. By what it says, through index rows: for
// every value in a block of 64 events one row, whose bits say in which of them it is
// (index row.go). Filters are bits that several index rows have in common; the events
// after the last full block are read as they are. What a page shows is then read, and
// must meet the filters itself; counts go by the bits. So an index row that was tampered
// with hides events or miscounts them, and never shows one. Index rows are derived from
// the leaves, and verified as the columns are.
//
// # What is trusted
//
// The database is not: whoever controls it can rewrite it, but not in agreement with a
// checkpoint that somebody else holds. Open refuses a database that acknowledges a commit
// before it is on disk. Queries notice a row that contradicts itself; only package
// audit/verify, which shares no code with this one, tells whether a whole ledger is what
// was signed.
//
// # Proofs
//
// A Tree is a ledger at one size. It gives proofs and tiles, each checked against its
// root before it is given. Full tiles are kept in a table by whoever asks for them first;
// an append never writes them. docs/ledger.md has the formats.
//
// # Epochs and keys
//
// After a restore that lost events which others have seen, BeginEpoch takes them back
// from what was published, and the tree goes on under another name. RotateKey replaces
// the key that signs. Both are told by an event of the ledger itself, so that a verifier
// follows them; package event has what those say.
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
