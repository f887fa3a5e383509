package database

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrStillInLog means that deleted rows are still in SQLite's log, because a reader looks
// at an older state. A later Scrub succeeds.
var ErrStillInLog = errors.New("deleted rows are still in the database's log, which a reader uses")

const (
	// scrubPatience is how long Scrub waits for the writer.
	scrubPatience = 5 * time.Second

	// scrubBusy is how long it waits for readers, in milliseconds. No one writes
	// meanwhile.
	scrubBusy = 500
)

// Scrub makes sure that what was deleted is gone from SQLite's files: pages are
// overwritten as rows are deleted (secure_delete), and the log, which holds earlier
// pages, is folded in and cut to nothing. PostgreSQL has no such call: docs/erasure.md
// says what stays there, and for how long.
func (db *DB) Scrub(ctx context.Context) error {
	if db.postgresql {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, scrubPatience)
	defer cancel()
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("cutting the database's log: %w", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", scrubBusy)); err != nil {
		return fmt.Errorf("cutting the database's log: %w", err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA busy_timeout = "+sqliteBusy)
	var busy, pages, done int
	if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &done); err != nil {
		return fmt.Errorf("cutting the database's log: %w", err)
	}
	if busy != 0 {
		return ErrStillInLog
	}
	return nil
}
