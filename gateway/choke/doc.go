// Package choke is the only way to what the gateway keeps, and the compiler holds it so: no other package of the product
// has the database, so none can read a client's row or change it but inside an act that was decided and recorded.
//
// An act (act.go) is one transaction: it loads the facts, package policy decides, the act mutates, and the event is staged
// beside the change. After the commit the door waits until the ledger has sequenced the event. Only then does the
// operation return success or give a byte. A denial is recorded in the same way.
//
// There are two doors. Door is for callers: every act through it is decided. Owner (owner.go) is for the owner of the
// machine and for what the gateway does by itself: nothing is decided there, because whoever holds the machine holds the
// root key; what it does is recorded all the same, and the steps that are not (owner.go lists them) finish what was
// recorded before.
//
// Rooms get a transaction as an argument, and may not keep it. This package knows nothing about documents' bytes, keys or
// receipts, and imports no room.
package choke
