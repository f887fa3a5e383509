package database

import (
	"context"
	"database/sql"
	"strings"

	"github.com/bordereau/bordereau/gateway/database/queries"
)

// rowLocks are the endings of statements that lock the rows they read. A new ending is
// added here and nowhere else.
var rowLocks = []string{" FOR SHARE", " FOR SHARE OF p", " FOR SHARE OF a", " FOR UPDATE"}

// unlocked is the DBTX for transactions in which a row lock is needless or refused: all
// of SQLite's, where only one writes at a time, and those that only read.
type unlocked struct{ queries.DBTX }

func (u unlocked) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return u.DBTX.ExecContext(ctx, withoutRowLock(query), args...)
}

func (u unlocked) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return u.DBTX.PrepareContext(ctx, withoutRowLock(query))
}

func (u unlocked) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return u.DBTX.QueryContext(ctx, withoutRowLock(query), args...)
}

func (u unlocked) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return u.DBTX.QueryRowContext(ctx, withoutRowLock(query), args...)
}

// withoutRowLock takes a row lock off the end of a statement. It looks nowhere else, so a
// value or a name that reads like a lock is safe. A lock in any other place is a syntax
// error on SQLite. The tests run every query there and would find it. The result shares
// the memory of the query.
func withoutRowLock(query string) string {
	text := strings.TrimRight(query, "\n")
	for _, lock := range rowLocks {
		if before, found := strings.CutSuffix(text, lock); found {
			return before
		}
	}
	return query
}
