package database

import (
	"context"
	"errors"
	"sync/atomic"
)

// writing remembers the last transaction that tried to write.
type writing struct{ failed atomic.Pointer[error] }

// note notes the outcome of a transaction of InTx. An error of the caller's own says
// nothing about the database, and neither does a caller who left.
func (w *writing) note(ctx context.Context, err error) {
	switch {
	case err == nil:
		w.failed.Store(nil)
	case Unavailable(err) && !errors.Is(ctx.Err(), context.Canceled):
		w.failed.Store(&err)
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
