// Package evidence lets people ask the ledgers: questions, counts and exports, proofs that an event is in a ledger, and
// evidence packs that carry their own proofs.
//
// A question is an event of the ledger that it is put to, and durable there before anything is answered. A provider's
// compliance officers are answered with what their own people did, and nothing else (scopeToOwn). The machine's owner may
// ask too, through the other door; that is recorded in the same ledger. This room reads ledgers and the names of people; it
// changes nothing and opens no document.
package evidence
