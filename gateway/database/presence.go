package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse says that another process works on the database and has to be stopped first.
var ErrInUse = errors.New("the database is in use by another process")

// presenceLock is the advisory lock of PostgreSQL that processes hold while they work on
// the database.
const presenceLock = 0x626f7264757365 // "borduse"

// presencePause is how often a process that shares a database checks that it still has
// the lock.
const presencePause = time.Second

// presencePatience bounds such a check. A connection that is silent for longer is taken
// for dead, and its session's lock for lost.
const presencePatience = 2 * time.Second

// Presence is a lock that says that this process works on the database. It belongs to one
// goroutine.
type Presence struct {
	db    *DB
	leave func() error // of SQLite

	lock string    // of PostgreSQL: the statement that takes the lock
	conn *sql.Conn // of the session that has the lock; nil when none has it
}

// Share notes that this process works on the database, beside others, until Leave is
// called. It returns ErrInUse while a process is Alone on it.
func (db *DB) Share(ctx context.Context) (*Presence, error) {
	return db.hold(ctx, `SELECT pg_try_advisory_lock_shared($1)`, `BEGIN`)
}

// Alone keeps other processes off the database until Leave is called, for changes that
// running processes would not notice. It returns ErrInUse while any process shares it. If
// the process dies, the system frees the lock.
func (db *DB) Alone(ctx context.Context) (*Presence, error) {
	return db.hold(ctx, `SELECT pg_try_advisory_lock($1)`, `BEGIN EXCLUSIVE`)
}

func (db *DB) hold(ctx context.Context, postgresql, sqlite string) (*Presence, error) {
	p := &Presence{db: db, lock: postgresql}
	var err error
	if db.postgresql {
		err = p.lockPostgreSQL(ctx)
	} else {
		p.leave, err = db.holdSQLite(ctx, sqlite)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for other processes on the database: %w", err)
	}
	return p, nil
}

// Run keeps a shared presence until ctx ends. A session of PostgreSQL dies with its
// server, and the lock with it, while this process goes on when the server is back. So
// Run takes the lock again. It returns ErrInUse if another process has become Alone
// meanwhile. This process must then stop.
func (p *Presence) Run(ctx context.Context) error {
	tick := time.NewTicker(presencePause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := p.renew(ctx); errors.Is(err, ErrInUse) {
			return fmt.Errorf("working on the database again: %w", err)
		} else if err != nil && ctx.Err() == nil {
			p.db.log.Warn("the lock that says that this process works on the database is lost; taking it again", "error", err)
		}
	}
}

// renew takes the lock again if its session has died. On SQLite a lock lives as long as
// its process.
func (p *Presence) renew(ctx context.Context) error {
	if !p.db.postgresql {
		return nil
	}
	asked := ctx
	ctx, cancel := context.WithTimeout(ctx, presencePatience)
	defer cancel()
	if p.conn != nil {
		if _, err := p.conn.ExecContext(ctx, `SELECT 1`); err == nil || asked.Err() != nil {
			return nil
		}
		p.drop()
		if ctx.Err() != nil {
			return ctx.Err() // the next check takes the lock again
		}
	}
	return p.lockPostgreSQL(ctx)
}

// Leave frees the lock. A session that has died has freed it already.
func (p *Presence) Leave() error {
	if p.leave != nil {
		return p.leave()
	}
	if p.conn != nil {
		// The server notices the end of a session a little later, and the next one may
		// not wait.
		p.conn.ExecContext(context.Background(), `SELECT pg_advisory_unlock_all()`)
	}
	p.drop()
	return nil
}

// lockPostgreSQL takes the lock. It belongs to a session, which is kept for this.
func (p *Presence) lockPostgreSQL(ctx context.Context) error {
	conn, err := p.db.writer.Conn(ctx)
	if err != nil {
		return classify(ctx, err)
	}
	var held bool
	err = conn.QueryRowContext(ctx, p.lock, int64(presenceLock)).Scan(&held)
	if err == nil && !held {
		err = ErrInUse
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	p.conn = conn
	return nil
}

// drop ends the session in any state, and the lock with it. The session never goes back
// to the pool.
func (p *Presence) drop() {
	if p.conn == nil {
		return
	}
	p.conn.Raw(func(any) error { return driver.ErrBadConn })
	p.conn.Close() // its error says that it is closed already
	p.conn = nil
}

// holdSQLite holds a transaction on a file beside the database for its locks alone.
// SQLite's locks are the same on every system, and none outlives its process. Without
// WAL, readers and BEGIN EXCLUSIVE keep each other out.
func (db *DB) holdSQLite(ctx context.Context, begin string) (func() error, error) {
	return db.holdFile(ctx, db.path+"-use", begin)
}

// Serving keeps a second gateway off a SQLite file until leave is called: it would commit
// between this one's acts, which are grouped for one writer. It returns ErrInUse while
// another gateway serves. On PostgreSQL any number may.
func (db *DB) Serving(ctx context.Context) (leave func() error, err error) {
	if db.postgresql {
		return func() error { return nil }, nil
	}
	return db.holdFile(ctx, db.path+"-serve", `BEGIN EXCLUSIVE`)
}

func (db *DB) holdFile(ctx context.Context, path, begin string) (func() error, error) {
	// An existing file is not opened and closed, because that would free all locks that
	// this process has on it.
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
