// Package database keeps everything that the gateway knows except the documents' bodies:
// organisations and people, contracts and their terms, batches, headers, receipts, leases
// and counters. Other packages use it concretely; the seam is the SQL driver. SQLite is
// the embedded default, and PostgreSQL is for several replicas.
//
// # One text for both engines
//
// The goose migrations in migrations/ make the tables. Statements are written once, in
// queries/*.sql, and sqlc turns them into Go. It reads them as PostgreSQL: `$1`, CAST(x
// AS t), times as bigint microseconds bound from Go. Both drivers bind `$n` by its
// number. SQLite does not know one thing, the row locks FOR SHARE and FOR UPDATE. A lock
// must stand at the very end of a statement, where this package takes it off
// (statements.go). A nil []byte is NULL, which no column takes. Empty bytes are []byte{},
// and SQLite gives them back as nil.
//
// # Transactions
//
// All work goes through DB.InTx, which writes, and DB.View, which reads. They may run
// their function several times. It must do nothing but work on its Tx, and put its
// results where a later run overwrites them.
//
// On SQLite there is one writer. A transaction begins with BEGIN IMMEDIATE, and
// everything in it is serial. On PostgreSQL transactions are READ COMMITTED and rely on
// their locks: a row that was read with FOR SHARE stays as it is until the commit, and
// the statement that reads a counter locks it. Deadlocks, serialization failures and lost
// races for a unique key are tried again.
//
// # When the database is unavailable
//
// Every error that means "try again later" wraps ErrUnavailable. The state may then have
// changed, because a COMMIT whose answer was lost is one of these errors. This package
// never tries such a transaction again.
package database

//go:generate go tool -modfile=../../tools/go.mod sqlc generate
