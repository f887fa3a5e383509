// Package choke decides and records every access to what the gateway keeps. It alone
// holds the database. No other package of the product can read or change a client's row
// outside an act that was decided and recorded, and the compiler enforces this.
//
// # An act
//
// An act is one operation (Act, act.go). Door.Do runs it in one transaction:
//
//  1. decide calls Load, which reads the facts into the act's context (Scene, scene.go).
//  2. decide asks package policy. A refusal is made here, or by Mutate in step 3.
//  3. Mutate changes the state, if the decision allows it.
//  4. putInOutbox writes the act's event into the outbox: allowed or refused, and why.
//  5. The transaction commits. Change and event are durable together, or neither is.
//  6. Do waits until the ledger has sequenced the event.
//  7. Do returns. Only now may the operation report success or release a byte.
//
// A refusal by decide takes the same steps without the third. A refusal by Mutate rolls
// the transaction back, and a second transaction records it. Any other error returns
// without a record, because nothing was decided or changed.
//
// # If the process dies
//
// Before step 5 nothing happened, and nothing is recorded. After step 5 the change stands
// and its event waits in the outbox. Any replica sequences that event. The caller had no
// answer and repeats the operation. A read or an upload needs a second event, which says
// how it ended (RecordOutcome). If the process dies before that, the ledger closes the
// grant later and records that its outcome is unknown.
//
// # Two doors
//
// Door is for callers, and decides every act. Owner (owner.go) is for the owner of the
// machine and for what the gateway does by itself. It decides nothing, because the owner
// holds the root key and needs no permission. It records all the same. Its Step
// does not record: it finishes what was recorded before.
//
// Rooms get a transaction as an argument and may not keep it. This package knows nothing
// about documents' bytes, keys or receipts, and imports no room.
package choke
