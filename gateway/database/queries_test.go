package database_test

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// Every generated query runs on both engines. Called with zero values, queries find
// nothing, change nothing or break a constraint. An engine must always understand the
// statement and its arguments.
func TestEveryQueryRuns(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for name, call := range everyQuery(t) {
			err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error { return call(ctx, tx.Queries) })
			if err != nil && !errors.Is(err, sql.ErrNoRows) && !violatesConstraint(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Every read uses an index. No query scans a table that grows.
func TestNoQueryScansATable(t *testing.T) {
	small := map[string]string{
		"OperatorOrganisation":  "one row, found through its partial index",
		"Contracts":             "a page in the order of the key",
		"Batches":               "a page in the order of the index",
		"KeyHolders":            "a handful of rows, all of them wanted",
		"ReleasedErasures":      "the few that have something retained, through their partial index",
		"NodeRootsSince":        "a row or two for each process that runs",
		"DeleteNodeRootsBefore": "a row or two for each process that runs",
	}
	db := databasetest.SQLite(t)
	err := db.View(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		for name, call := range everyQuery(t) {
			seen := &recorder{DBTX: tx.SQL}
			call(ctx, queries.New(seen))
			for _, step := range plan(t, tx.SQL, seen.query, seen.args) {
				if strings.Contains(step, "SCAN ") && small[name] == "" {
					t.Errorf("%s: %s", name, step)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// everyQuery lists the methods of Queries, to be called with zero arguments.
func everyQuery(t *testing.T) map[string]func(context.Context, *queries.Queries) error {
	t.Helper()
	calls := make(map[string]func(context.Context, *queries.Queries) error)
	class := reflect.TypeFor[*queries.Queries]()
	for i := range class.NumMethod() {
		method := class.Method(i)
		if method.Name == "WithTx" {
			continue
		}
		calls[method.Name] = func(ctx context.Context, q *queries.Queries) error {
			args := []reflect.Value{reflect.ValueOf(q), reflect.ValueOf(ctx)}
			for j := 2; j < method.Type.NumIn(); j++ {
				args = append(args, reflect.Zero(method.Type.In(j)))
			}
			results := method.Func.Call(args)
			err, _ := results[len(results)-1].Interface().(error)
			return err
		}
	}
	if len(calls) < 60 {
		t.Fatalf("only %d queries: has the generated code another shape now?", len(calls))
	}
	return calls
}

func violatesConstraint(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return strings.HasPrefix(server.Code, "23")
	}
	return strings.Contains(err.Error(), "constraint failed")
}

// recorder remembers the statement of a query and does not run it.
type recorder struct {
	queries.DBTX
	query string
	args  []any
}

var errRecorded = errors.New("recorded")

func (r *recorder) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	r.query, r.args = query, args
	return nil, errRecorded
}

func (r *recorder) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	r.query, r.args = query, args
	return nil, errRecorded
}

func (r *recorder) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	r.query, r.args = query, args
	return r.DBTX.QueryRowContext(ctx, "SELECT 1 WHERE false")
}

// plan is SQLite's plan for a statement.
func plan(t *testing.T, tx *sql.Tx, query string, args []any) (steps []string) {
	t.Helper()
	query, _, _ = strings.Cut(strings.TrimSpace(query), " FOR SHARE")
	rows, err := tx.Query("EXPLAIN QUERY PLAN "+strings.TrimSuffix(query, " FOR UPDATE"), args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return steps
}
