package database

import (
	"context"
	"database/sql"

	"github.com/bordereau/bordereau/gateway/database/queries"
)

// traced calls trace with every query before it runs. Without a trace it is tx itself,
// and costs nothing.
func traced(tx queries.DBTX, trace func(query string)) queries.DBTX {
	if trace == nil {
		return tx
	}
	return tracedTx{tx, trace}
}

type tracedTx struct {
	queries.DBTX
	trace func(query string)
}

func (t tracedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.trace(query)
	return t.DBTX.ExecContext(ctx, query, args...)
}

func (t tracedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.trace(query)
	return t.DBTX.QueryContext(ctx, query, args...)
}

func (t tracedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	t.trace(query)
	return t.DBTX.QueryRowContext(ctx, query, args...)
}
