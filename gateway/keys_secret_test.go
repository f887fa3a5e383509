package gateway_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// lockedBuffer is a log to which several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A root and a contract are rotated, with damage on the way. Then no private key is in
// the log, in an error, in an answer or in a value of a table.
func TestPrivateKeysAreNowhereInClear(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var log lockedBuffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w := gatewaytest.New(t, gatewaytest.Config{Database: db, Logger: logger}).World(t)
		_, documents := w.Sent(t, 3)
		other := w.NewContract(t, gatewaytest.Terms("BROKEN-1", w.Client, w.Provider))
		damage(t, db, "UPDATE document_header SET header = $2 WHERE document = $1", string(documents[0].ID), []byte("x"))
		damage(t, db, "UPDATE contract_key_copy SET sealed = $2 WHERE contract = $1", string(other), []byte("x"))

		var said strings.Builder
		say := func(v any, err error) {
			text, failed := json.Marshal(v)
			if failed != nil {
				t.Fatal(failed)
			}
			fmt.Fprintf(&said, "%s %v %+v\n", text, err, err)
		}
		say(w.Gateway.LocalRotateContract(t.Context(), w.Contract))
		say(w.Gateway.ContinueRotation(t.Context(), w.Contract, nil))
		say(w.Gateway.LocalCheckKeys(t.Context(), true, nil))
		say(w.Gateway.LocalRotateContract(t.Context(), w.Contract))
		root, err := keyring.AddFirst(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		later := w.WithRoot(t, root)
		say(later.Gateway.LocalRewrapKeys(t.Context(), true, nil))
		say(w.Gateway.LocalRewrapKeys(t.Context(), false, nil))
		say(later.Gateway.LocalKeys(t.Context()))
		list, _, err := later.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), gateway.EventQuery{})
		say(list, err)

		if !strings.Contains(log.String(), "rewrapping a header failed") || !strings.Contains(said.String(), string(other)) {
			t.Errorf("nothing went wrong: this looked in the wrong place\n%s\n%s", log.String(), said.String())
		}
		for name, text := range map[string]string{"the log": log.String(), "what was said": said.String(), "the database": everyValue(t, db)} {
			if at := strings.Index(strings.ToUpper(text), "AGE-SECRET-KEY"); at >= 0 {
				t.Errorf("a private key is in %s", name)
			}
		}
	})
}

func damage(t *testing.T, db *database.DB, statement string, args ...any) {
	t.Helper()
	result, err := db.Writer().ExecContext(t.Context(), statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("damaged %d rows, %v", n, err)
	}
}

// everyValue returns every value of every table, one after the other.
func everyValue(t *testing.T, db *database.DB) string {
	t.Helper()
	names := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if db.PostgreSQL() {
		names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	var all strings.Builder
	tables := column(t, db, names)
	if len(tables) < 20 {
		t.Fatalf("only %d tables", len(tables))
	}
	for _, table := range tables {
		err := eachRow(t.Context(), db.Reader(), "SELECT * FROM "+table, func(values []any) {
			for _, v := range values {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				fmt.Fprintln(&all, v)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func column(t *testing.T, db *database.DB, query string) (all []string) {
	t.Helper()
	if err := eachRow(t.Context(), db.Reader(), query, func(values []any) { all = append(all, fmt.Sprint(values[0])) }); err != nil {
		t.Fatal(err)
	}
	return all
}

func eachRow(ctx context.Context, db *sql.DB, query string, f func(values []any)) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, pointers := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		f(values)
	}
	return rows.Err()
}
