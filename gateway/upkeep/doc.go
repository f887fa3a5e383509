// Package upkeep has the work of the machine's owner on an installation. The owner
// compares the object store with the database, recovers documents when nothing else is
// left of an installation, and maintains the ledgers after a restore.
//
// None of it is decided, because the owner has the root key and could do all of it
// without the gateway. All of it is recorded, through the owner's door. A recovery
// records each document in its client's ledger before it writes the first byte. No caller
// reaches this room: package httpapi cannot import it. Its methods that Gateway exports
// begin with Local, or take no person.
package upkeep
