// Package evidence lets people ask the ledgers. It answers questions, counts and exports,
// proves that an event is in a ledger, and makes evidence packs that carry their own
// proofs.
//
// A question is an event of the ledger that it is put to. The event is durable before
// anything is answered. A provider's compliance officers are answered with what their own
// people did, and nothing else (scopeToOwn). The machine's owner may ask too, through the
// other door, which records the question in the same ledger.
//
// This room reads ledgers, the names of people and the terms of contracts. It changes
// nothing and opens no document. It holds the asking side of the ledgers and cannot add
// to them.
package evidence
