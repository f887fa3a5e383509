package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"
)

// Config says which database. Exactly one of SQLite and PostgreSQL is set.
type Config struct {
	// SQLite is the path of the database file. If there is none, it is made, and only its
	// owner can read it. Its folder must exist.
	SQLite string

	// PostgreSQL is a connection URL or keyword string. It may carry any run-time
	// parameter. Parameters that it does not set get the defaults in postgresql.go.
	PostgreSQL string

	// Patience is how long a statement of PostgreSQL may take whose context has no
	// deadline. Default: 10 s.
	Patience time.Duration

	// Writers and Readers are how many connections to PostgreSQL this process may have,
	// for transactions that write and for those that read. Defaults: 24 and 16.
	Writers, Readers int
	// Queue is how long a transaction waits for a connection. Default: 5 s.
	Queue time.Duration

	Logger *slog.Logger // discards when nil

	// Trace is called with every generated query before it runs, by all transactions at
	// once. It may be nil.
	Trace func(query string)
}

// DB is an open database. Its methods are safe for concurrent use.
type DB struct {
	writer     *sql.DB
	reader     *sql.DB
	group      *group // commits the writes of SQLite; nil on PostgreSQL
	postgresql bool
	dsn        string // of PostgreSQL
	path       string // of SQLite, absolute
	trace      func(query string)
	queue      time.Duration // how long a transaction waits for a connection
	log        *slog.Logger
	writing    writing
}

// Open opens a database and checks that it answers. It does not migrate it.
func Open(ctx context.Context, c Config) (*DB, error) {
	if (c.SQLite == "") == (c.PostgreSQL == "") {
		return nil, errors.New("opening database: exactly one of SQLite and PostgreSQL must be configured")
	}
	db := &DB{postgresql: c.PostgreSQL != "", dsn: c.PostgreSQL, log: c.Logger, trace: c.Trace, queue: cmp.Or(c.Queue, queuePatience)}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if db.postgresql {
		db.writer, db.reader, err = openPostgreSQL(c)
	} else {
		db.writer, db.reader, err = openSQLite(c.SQLite)
		db.group = &group{writer: db.writer, log: db.log, prepared: newPrepared(db.writer), trace: c.Trace}
		db.path, _ = filepath.Abs(c.SQLite) // openSQLite has found it too, without an error
	}
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	// The writer comes first: on SQLite it turns the file to WAL, which a reader cannot.
	for _, pool := range []*sql.DB{db.writer, db.reader} {
		if err := pool.PingContext(ctx); err != nil {
			db.Close()
			return nil, fmt.Errorf("opening database: %w", classify(ctx, err))
		}
	}
	return db, nil
}

// Close closes all connections. Transactions must have ended.
func (db *DB) Close() error {
	if db.group != nil {
		db.group.workers.Wait()
		db.group.prepared.close()
	}
	return errors.Join(db.reader.Close(), db.writer.Close())
}

// Writer is the pool that InTx writes through, for other rooms that keep their tables in
// the same database. On SQLite it holds one connection. A caller that has it and asks for
// another one waits for ever.
func (db *DB) Writer() *sql.DB { return db.writer }

// Finish sets the work at the end of every group of transactions. On PostgreSQL, where
// transactions do not share a commit, last is never called.
func (db *DB) Finish(last Last) {
	if db.group != nil {
		db.group.last.Store(&last)
	}
}

// Reader is the pool that View reads through. Its connections cannot write.
func (db *DB) Reader() *sql.DB { return db.reader }

// PostgreSQL says which engine it is: PostgreSQL, or else SQLite.
func (db *DB) PostgreSQL() bool { return db.postgresql }
