// Package upkeep is what the owner of the machine does with an installation: comparing the object store with the database,
// taking documents out when nothing else is left of an installation, and tending the ledgers after a restore.
//
// None of it is decided, because the owner has the root key and could do it without us. All of it is recorded, through the
// owner's door: a recovery names each document in its client's ledger before the first byte is written. No caller reaches
// this room: package httpapi cannot import it, and the methods that Gateway has of it begin with Local, or take no person.
package upkeep
