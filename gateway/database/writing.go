package database

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
)

// writing remembers the last transaction that tried to write.
type writing struct {
	failed        atomic.Pointer[error]
	writes, reads atomic.Int64 // that failed because the database was unavailable
}

// note notes the outcome of a transaction of InTx. An error of the caller's own says
// nothing about the database, and neither does a caller who left.
func (w *writing) note(ctx context.Context, err error) {
	switch {
	case err == nil:
		w.failed.Store(nil)
	case Unavailable(err) && !errors.Is(ctx.Err(), context.Canceled):
		w.failed.Store(&err)
		w.writes.Add(1)
	}
}

// Failing is the error of the last transaction that tried to write, if it failed because
// the database is unavailable: full, read-only, or away. It is nil when the last one was
// committed. The next transaction may succeed, so a caller that judges by it tries one.
func (db *DB) Failing() error {
	if err := db.writing.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// noteRead notes the outcome of View.
func (w *writing) noteRead(ctx context.Context, err error) {
	if Unavailable(err) && !errors.Is(ctx.Err(), context.Canceled) {
		w.reads.Add(1)
	}
}

// Unavailable counts the calls of InTx and View that failed because the database was
// unavailable.
func (db *DB) Unavailable() (writes, reads int64) {
	return db.writing.writes.Load(), db.writing.reads.Load()
}

// Pools describes the connections of the two pools.
func (db *DB) Pools() (writer, reader sql.DBStats) { return db.writer.Stats(), db.reader.Stats() }

// ErrReadOnly says that the server takes no writes: it is a standby, or was made
// read-only.
var ErrReadOnly = errors.New("the database is read-only")

// Answers asks both pools, and fails with ErrReadOnly when the one for writing cannot
// write by its own word. It writes nothing itself.
func (db *DB) Answers(ctx context.Context) error {
	if err := db.reader.PingContext(ctx); err != nil {
		return classify(ctx, err)
	}
	if !db.postgresql {
		return nil // its one writer may be busy for as long as a commit takes
	}
	var readOnly bool
	err := db.writer.QueryRowContext(ctx, `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean`).Scan(&readOnly)
	if err == nil && readOnly {
		err = ErrReadOnly
	}
	return classify(ctx, err)
}
