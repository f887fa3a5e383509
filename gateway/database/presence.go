package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse says that another process works on the database, and has to be stopped first.
var ErrInUse = errors.New("the database is in use by another process")

// presenceLock is the advisory lock of PostgreSQL that processes hold while they work on the database.
const presenceLock = 0x626f7264757365 // "borduse"

// Share says that this process works on the database, beside any others, until leave is called. ErrInUse while one is Alone
// on it.
func (db *DB) Share(ctx context.Context) (leave func() error, err error) {
	return db.hold(ctx, `SELECT pg_try_advisory_lock_shared($1)`, `BEGIN`)
}

// Alone says that no other process works on the database until leave is called, for changes that running processes would
// not notice. ErrInUse while any shares it.
//
// The system lets go of it when the process dies, whichever way.
func (db *DB) Alone(ctx context.Context) (leave func() error, err error) {
	return db.hold(ctx, `SELECT pg_try_advisory_lock($1)`, `BEGIN EXCLUSIVE`)
}

func (db *DB) hold(ctx context.Context, postgresql, sqlite string) (leave func() error, err error) {
	if db.postgresql {
		leave, err = db.holdPostgreSQL(ctx, postgresql)
	} else {
		leave, err = db.holdSQLite(ctx, sqlite)
	}
	if err != nil {
		return nil, fmt.Errorf("looking who else works on the database: %w", err)
	}
	return leave, nil
}

// holdPostgreSQL holds a lock of a session, which therefore is kept.
func (db *DB) holdPostgreSQL(ctx context.Context, lock string) (func() error, error) {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return nil, classify(ctx, err)
	}
	var held bool
	err = conn.QueryRowContext(ctx, lock, int64(presenceLock)).Scan(&held)
	if err == nil && !held {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.Background(), `SELECT pg_advisory_unlock_all()`)
		return errors.Join(err, conn.Close())
	}, nil
}

// holdSQLite holds a transaction on a file beside the database, for the sake of its locks alone: SQLite's own are the same
// on every system, and none outlives its process. Without WAL, readers and BEGIN EXCLUSIVE keep each other out.
func (db *DB) holdSQLite(ctx context.Context, begin string) (func() error, error) {
	path := db.path + "-use"
	// Only when it is not there: closing a file lets go of all locks that this process has on it.
	if _, err := os.Stat(path); err != nil {
		if err := createPrivate(path); err != nil {
			return nil, err
		}
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_journal_mode": {"DELETE"}, "_busy_timeout": {"0"}}.Encode()}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	pool.SetConnMaxLifetime(0)
	conn, err := pool.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, begin)
	}
	if err == nil {
		var tables int // reading takes the lock that BEGIN alone does not
		err = conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema`).Scan(&tables)
	}
	if err != nil {
		if isBusy(err) {
			err = ErrInUse
		}
		return nil, errors.Join(err, pool.Close())
	}
	return func() error { return errors.Join(conn.Close(), pool.Close()) }, nil
}

func isBusy(err error) bool {
	var embedded *sqlite.Error
	return errors.As(err, &embedded) && embedded.Code()&0xff == sqlite3.SQLITE_BUSY
}
