package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bordereau/bordereau/gateway/database/queries"
)

const (
	// maxAttempts bounds how often a transaction that lost to others is tried.
	maxAttempts = 10

	// commitTimeout is how long a COMMIT may take before its outcome counts as unknown.
	commitTimeout = 15 * time.Second

	// queuePatience is how long a transaction waits for a connection.
	queuePatience = 5 * time.Second
)

// Tx is a transaction: all the generated queries, and SQL for other rooms that take part
// in it.
type Tx struct {
	*queries.Queries
	SQL *sql.Tx
}

// InTx runs fn in a transaction that may write, and commits it when fn returns nil. Any
// error or panic of fn undoes it.
//
// On SQLite it shares a commit with transactions that come at the same time (see group).
// On PostgreSQL a transaction may lose to another one, by a deadlock, a serialization
// failure, or a unique key that the other took after fn had looked. It is then undone,
// and fn runs again, a bounded number of times. fn must not call InTx: on SQLite it would
// wait for itself.
//
// The errors of fn are returned as they are, sql.ErrNoRows among them. ErrUnavailable
// means that nothing was stored, with one exception: if the answer to the COMMIT was
// lost, the state may have changed.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	defer func() { db.writing.note(ctx, err) }()
	if db.group != nil {
		return db.group.do(ctx, fn)
	}
	for attempt := 1; ; attempt++ {
		err := db.write(ctx, fn)
		if err == nil || !lostRace(err) {
			return err
		}
		if attempt == maxAttempts {
			return fmt.Errorf("%w: transaction lost to others %d times: %w", ErrUnavailable, attempt, err)
		}
		if err := pause(ctx, attempt); err != nil {
			return classify(ctx, err)
		}
	}
}

// View runs fn in a read-only transaction that sees one state of the database. Row locks
// in its queries have no effect.
func (db *DB) View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	defer func() { db.writing.noteRead(ctx, err) }()
	options := &sql.TxOptions{ReadOnly: true}
	if db.postgresql {
		options.Isolation = sql.LevelRepeatableRead // SQLite isolates every reader, and its driver knows no levels
	}
	tx, cancel, err := begin(ctx, db.reader, options, db.queue)
	if err != nil {
		return fmt.Errorf("beginning to read: %w", classify(ctx, err))
	}
	defer cancel()
	defer tx.Rollback()
	return classify(ctx, fn(ctx, &Tx{Queries: queries.New(traced(unlocked{tx}, db.trace)), SQL: tx}))
}

// write is one attempt of InTx on PostgreSQL.
func (db *DB) write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	tx, cancel, err := begin(ctx, db.writer, nil, db.queue)
	if err != nil {
		return fmt.Errorf("beginning transaction: %w", classify(ctx, err))
	}
	defer cancel()
	defer tx.Rollback() // after an error or a panic; after a commit it does nothing

	if err := fn(ctx, &Tx{Queries: queries.New(traced(tx, db.trace)), SQL: tx}); err != nil {
		return classify(ctx, err)
	}
	if err := ctx.Err(); err != nil {
		return classify(ctx, err) // the caller has left, and the outcome is still ours to choose
	}
	return commit(tx, cancel)
}

// begin begins a transaction whose life is not tied to ctx, so that a caller who leaves
// during the COMMIT does not make its outcome unknown. Waiting for a connection still
// ends with ctx, and so does every statement that gets ctx.
//
// It waits for a connection as long as queue says, whether the pool has none or the
// server gives none: a request that waits for one of ten is better answered than refused.
func begin(ctx context.Context, pool *sql.DB, options *sql.TxOptions, queue time.Duration) (*sql.Tx, context.CancelFunc, error) {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	queued, end := context.WithTimeout(ctx, queue)
	defer end()
	stop := context.AfterFunc(queued, cancel)
	tx, err := pool.BeginTx(life, options)
	for attempt := 4; tooManyClients(err) && pause(queued, attempt) == nil; attempt++ {
		tx, err = pool.BeginTx(life, options)
	}
	if !stop() {
		if err == nil {
			tx.Rollback()
		}
		err = queued.Err() // says why, while the driver knows only that its own context was cancelled
	}
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return tx, cancel, nil
}

// tooManyClients says that the server has no connection to give.
func tooManyClients(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "53300"
}

// commit commits. After an error of the server's own, the transaction was rolled back.
// After any other error the outcome is unknown.
func commit(tx *sql.Tx, cancel context.CancelFunc) error {
	limit := time.AfterFunc(commitTimeout, cancel)
	defer limit.Stop()
	err := tx.Commit()
	if err == nil || rolledBack(err) {
		return err
	}
	return &unknownCommit{err}
}

// pause waits for a random time that grows with each attempt, so that transactions that
// lost together do not meet again.
func pause(ctx context.Context, attempt int) error {
	longest := time.Millisecond << min(attempt, 7)
	wait := time.NewTimer(rand.N(longest))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}
