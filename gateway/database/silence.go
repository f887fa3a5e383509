package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// A connection whose other end went away without a word stays silent for as long as TCP
// holds, a quarter of an hour. So do all connections of a pool after a failover. Three
// things are done about it here, for every statement of every caller:
//
//   - A statement whose context has no deadline is given one by the connection, so that a
//     loop in the background cannot wait for ever because its author did not think of it.
//     Work that takes longer has a context that says so.
//   - When a connection was silent, those that were opened before are not used again.
//   - A connection whose server refuses writes leaves the pool, because the next one may
//     lead to the new primary.

const (
	// patience is how long a statement without a deadline may take. Statements of ours
	// take milliseconds.
	patience = 10 * time.Second
	// pingPatience bounds the question whether an idle connection still answers.
	pingPatience = 2 * time.Second
)

// pulse is what is known of the connections of a pool.
type pulse struct {
	patience time.Duration
	silent   atomic.Pointer[time.Time] // when a connection was last found silent
}

// judge looks at the outcome of a statement that began at a time.
func (p *pulse) judge(began time.Time, err error) {
	var server *pgconn.PgError
	if err == nil || errors.As(err, &server) {
		return
	}
	now := time.Now()
	if now.Sub(began) >= min(pingPatience, p.patience) {
		p.silent.Store(&now)
	}
}

// connector opens connections that are never waited for without an end.
type connector struct {
	driver.Connector
	pulse *pulse
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	began := time.Now()
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: opened.(*stdlib.Conn), pulse: c.pulse, opened: began}, nil
}

type conn struct {
	*stdlib.Conn
	pulse    *pulse
	opened   time.Time
	unusable bool // the server refuses what this session is for
}

// watch ends the connection when a statement without a deadline takes too long. The
// caller calls the returned function with the statement's outcome.
func (c *conn) watch(ctx context.Context) (ended func(error)) {
	began := time.Now()
	stop := func() bool { return true }
	if _, bounded := ctx.Deadline(); !bounded {
		stop = time.AfterFunc(c.pulse.patience, c.cut).Stop
	}
	return func(err error) {
		stop()
		c.pulse.judge(began, err)
		var server *pgconn.PgError
		if errors.As(err, &server) && (server.Code == "25006" || unavailableCode(server.Code) && server.Code[:2] == "57") {
			c.unusable = server.Code != "57014" // that one is a statement that was cancelled
		}
	}
}

// cut closes the connection under a statement that waits for its answer.
func (c *conn) cut() { c.Conn.Conn().PgConn().Conn().Close() }

// IsValid is asked when a connection goes back to the pool.
func (c *conn) IsValid() bool { return !c.unusable && !c.Conn.Conn().IsClosed() }

// ResetSession is asked when a connection comes out of the pool.
func (c *conn) ResetSession(ctx context.Context) error {
	if silent := c.pulse.silent.Load(); silent != nil && c.opened.Before(*silent) {
		c.cut() // else to close it would wait for an answer too
		return driver.ErrBadConn
	}
	ctx, cancel := context.WithTimeout(ctx, min(pingPatience, c.pulse.patience))
	defer cancel()
	began := time.Now()
	err := c.Conn.ResetSession(ctx)
	if err != nil && ctx.Err() != nil {
		c.cut()
	}
	c.pulse.judge(began, err)
	return err
}

func (c *conn) Ping(ctx context.Context) error {
	ended := c.watch(ctx)
	err := c.Conn.Ping(ctx)
	ended(err)
	return err
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ended := c.watch(ctx)
	result, err := c.Conn.ExecContext(ctx, query, args)
	ended(err)
	return result, err
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	ended := c.watch(ctx)
	statement, err := c.Conn.PrepareContext(ctx, query)
	ended(err)
	return statement, err
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ended := c.watch(ctx)
	found, err := c.Conn.QueryContext(ctx, query, args)
	if err != nil {
		ended(err)
		return nil, err
	}
	return &rows{Rows: found.(*stdlib.Rows), ended: ended}, nil
}

type rows struct {
	*stdlib.Rows
	ended func(error)
}

func (r *rows) Close() error {
	err := r.Rows.Close()
	r.ended(err)
	return err
}

func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	ended := c.watch(ctx)
	began, err := c.Conn.BeginTx(ctx, options)
	ended(err)
	if err != nil {
		return nil, err
	}
	return &transaction{began, c}, nil
}

type transaction struct {
	driver.Tx
	conn *conn
}

// Commit has the context of the transaction, which has no deadline where its outcome must
// not be left unknown.
func (t *transaction) Commit() error {
	ended := t.conn.watch(context.Background())
	err := t.Tx.Commit()
	ended(err)
	return err
}

func (t *transaction) Rollback() error {
	ended := t.conn.watch(context.Background())
	err := t.Tx.Rollback()
	ended(err)
	return err
}
