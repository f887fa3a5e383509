package audit_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"
)

// errLost is the error of a commit whose answer got lost.
var errLost = errors.New("connection lost")

// faults makes the connections of a pool fail on demand. The zero value makes none.
type faults struct {
	refuseCommits atomic.Int32 // so many commits fail and store nothing
	loseCommits   atomic.Int32 // so many commits store everything and report errLost
	refuseReads   atomic.Bool  // queries fail

	refuseStatements atomic.Bool // statements that write fail

	spareCommits atomic.Int32                 // so many commits are sound before others are refused or lost
	seen         atomic.Pointer[func(string)] // called with each query, unless nil
}

// take uses up one of the faults in the counter.
func take(counter *atomic.Int32) bool {
	for {
		left := counter.Load()
		if left <= 0 {
			return false
		}
		if counter.CompareAndSwap(left, left-1) {
			return true
		}
	}
}

// openFaulty opens a pool like the driver's own whose commits and reads fail as f says.
func openFaulty(t *testing.T, real driver.Driver, dsn string, f *faults) *sql.DB {
	t.Helper()
	pool := sql.OpenDB(faultyConnector{real, dsn, f})
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() { pool.Close() })
	return pool
}

type faultyConnector struct {
	real   driver.Driver
	dsn    string
	faults *faults
}

func (c faultyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.real.Open(c.dsn)
	return &faultyConn{conn, c.faults}, err
}

func (c faultyConnector) Driver() driver.Driver { return c.real }

// faultyConn passes on the optional interfaces that both drivers have.
type faultyConn struct {
	driver.Conn
	faults *faults
}

func (c *faultyConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return &faultyTx{tx, c.faults}, err
}

func (c *faultyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.faults.refuseStatements.Load() {
		return nil, errLost
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.faults.refuseReads.Load() {
		return nil, errLost
	}
	if seen := c.faults.seen.Load(); seen != nil {
		(*seen)(query)
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *faultyConn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

type faultyTx struct {
	driver.Tx
	faults *faults
}

func (t *faultyTx) Commit() error {
	if take(&t.faults.spareCommits) {
		return t.Tx.Commit()
	}
	if take(&t.faults.refuseCommits) {
		return errors.Join(errLost, t.Rollback())
	}
	err := t.Tx.Commit()
	if take(&t.faults.loseCommits) {
		return errors.Join(errLost, err)
	}
	return err
}
