package database

import (
	"context"
	"database/sql"

	"github.com/bordereau/bordereau/gateway/database/queries"
)

// prepared keeps the statements of the one connection that writes to SQLite compiled.
// Compiling them anew was a sixth of the cost of a download. A statement can be compiled
// only while no transaction holds the connection. So at first it runs as text, and it is
// compiled before the next group. There are as many as there are generated queries. The
// goroutine that runs a group owns prepared.
type prepared struct {
	writer   *sql.DB
	compiled map[string]*sql.Stmt
	wanted   map[string]bool
}

func newPrepared(writer *sql.DB) *prepared {
	return &prepared{writer: writer, compiled: map[string]*sql.Stmt{}, wanted: map[string]bool{}}
}

// compile compiles the statements that ran as text. One that cannot be compiled goes on
// as text, and then its error says why.
func (p *prepared) compile(ctx context.Context) {
	for query := range p.wanted {
		if statement, err := p.writer.PrepareContext(ctx, query); err == nil {
			p.compiled[query] = statement
		}
	}
	clear(p.wanted)
}

func (p *prepared) close() {
	for _, statement := range p.compiled {
		statement.Close()
	}
}

// in gives the compiled queries for a transaction of the writer.
func (p *prepared) in(tx *sql.Tx) queries.DBTX {
	return preparedTx{DBTX: tx, tx: tx, prepared: p, bound: map[string]*sql.Stmt{}}
}

type preparedTx struct {
	queries.DBTX
	tx       *sql.Tx
	prepared *prepared
	bound    map[string]*sql.Stmt // to the transaction
}

// statement is nil when the query has to run as text.
func (p preparedTx) statement(ctx context.Context, query string) *sql.Stmt {
	if bound := p.bound[query]; bound != nil {
		return bound
	}
	compiled := p.prepared.compiled[query]
	if compiled == nil {
		p.prepared.wanted[query] = true
		return nil
	}
	p.bound[query] = p.tx.StmtContext(ctx, compiled)
	return p.bound[query]
}

func (p preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if statement := p.statement(ctx, query); statement != nil {
		return statement.ExecContext(ctx, args...)
	}
	return p.DBTX.ExecContext(ctx, query, args...)
}

func (p preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if statement := p.statement(ctx, query); statement != nil {
		return statement.QueryContext(ctx, args...)
	}
	return p.DBTX.QueryContext(ctx, query, args...)
}

func (p preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if statement := p.statement(ctx, query); statement != nil {
		return statement.QueryRowContext(ctx, args...)
	}
	return p.DBTX.QueryRowContext(ctx, query, args...)
}
