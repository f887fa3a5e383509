// Package database keeps everything that the gateway knows except the documents' bodies: organisations and people,
// contracts and their terms, batches, headers, receipts, leases and counters. It is used concretely; the seam is the SQL
// driver. SQLite is the embedded default, PostgreSQL is for several replicas.
//
// # One text for both engines
//
// Tables are made by the goose migrations in migrations/, statements are written once in queries/*.sql and turned into Go
// by sqlc, read as PostgreSQL: `$1`, CAST(x AS t), times as bigint microseconds bound from Go. Both drivers bind `$n` by
// its number. The one thing that SQLite does not know, the row locks FOR SHARE and FOR UPDATE, must stand at the very end
// of a statement, where this package takes them off (see statements.go). A nil []byte is NULL, which no column takes: empty
// bytes are []byte{}, and SQLite gives them back as nil.
//
// # Transactions
//
// All work goes through DB.InTx, which writes, and DB.View, which reads. A function given to them may run several times:
// it must do nothing but work on its Tx, and put its results where a later run overwrites them.
//
// On SQLite there is one writer: a transaction begins with BEGIN IMMEDIATE and everything in it is serial. On PostgreSQL
// transactions are READ COMMITTED and rely on what they lock: a row read with FOR SHARE stays as it is until the commit,
// and a counter is locked by the statement that reads it. Deadlocks, serialization failures and lost races for a unique
// key are tried again.
//
// # When the database is away
//
// Whatever means "try again later" wraps ErrUnavailable. The state may then have changed: a COMMIT whose answer was lost
// is one of these errors, and such a transaction is never tried again by this package.
package database

//go:generate go tool -modfile=../../tools/go.mod sqlc generate
