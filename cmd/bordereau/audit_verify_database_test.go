package main

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// One cell of a column is changed. The verification names the row and the column, on both
// engines, and needs the name of the database only.
func TestVerifyDatabaseNamesRowAndColumn(t *testing.T) {
	file := t.TempDir() + "/bordereau.db"
	for engine, c := range map[string]database.Config{"sqlite": {SQLite: file}, "postgresql": {PostgreSQL: databasetest.PostgreSQLDSN(t)}} {
		t.Run(engine, func(t *testing.T) {
			db := databasetest.Open(t, c)
			w := gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t)
			w.Sent(t, 1)
			w.StopSequencer()
			checkpoint, err := w.Ledger.Checkpoint(t.Context(), string(w.Client))
			if err != nil {
				t.Fatal(err)
			}
			v := verification{ledgers: []string{string(w.Client)}, keys: []string{w.Ledger.VerifierKey(string(w.Client))}, older: [][]byte{checkpoint}}
			name := c.SQLite + c.PostgreSQL
			var out strings.Builder
			v.out = &out
			if err := verifyDatabase(t.Context(), name, v); err != nil || !strings.HasPrefix(out.String(), "good") {
				t.Fatalf("%v: %s", err, out.String())
			}
			databasetest.DropTriggers(t, db) // as the owner of the database can
			for column, value := range map[string]string{
				"ts": "7", "event": "'e_x'", "action": "'x.y'", "outcome": "'error'", "reason": "'x'", "actor": "'p_x'", "contract": "'c_x'",
				"provider": "'o_x'", "batch": "'b_x'", "document": "'d_x'", "phase": "'unknown'", "kind": "'sign-in'", "organisation": "'o_x'",
				"role": "'x'", "site": "'x'", "country": "'XX'", "bytes": "12345",
			} {
				put := `UPDATE audit_event SET ` + column + ` = ` + value + ` WHERE seq = 3 AND ledger = $1`
				back := `UPDATE audit_event SET ` + column + ` = (SELECT kept FROM kept) WHERE seq = 3 AND ledger = $1`
				change(t, db, `CREATE TABLE kept AS SELECT `+column+` AS kept FROM audit_event WHERE seq = 3 AND ledger = '`+string(w.Client)+`'`)
				change(t, db, put, string(w.Client))
				out.Reset()
				err := verifyDatabase(t.Context(), name, v)
				if !errors.Is(err, errReported) || !strings.Contains(out.String(), "event 3: column: the columns say something else than the leaf: "+shown(column)+"\n") {
					t.Errorf("%s: %v: %s", column, err, out.String())
				}
				change(t, db, back, string(w.Client))
				change(t, db, `DROP TABLE kept`)
			}
			for want, head := range map[string]struct {
				size    int
				compact []byte
			}{
				"event 17: head: the copy ends here":      {0, nil}, // one event more than there are
				"head: the head, from which":              {17, []byte("x")},
				"head: the head of 17 events, from which": {17, make([]byte, 64)},
			} {
				change(t, db, `CREATE TABLE kept AS SELECT * FROM audit_head`)
				if head.compact != nil {
					change(t, db, `UPDATE audit_head SET size = $1, compact_range = $2 WHERE ledger = $3`, head.size, head.compact, string(w.Client))
				} else {
					change(t, db, `UPDATE audit_head SET size = size + 1 WHERE ledger = $1`, string(w.Client))
				}
				out.Reset()
				if err := verifyDatabase(t.Context(), name, v); !errors.Is(err, errReported) || !strings.Contains(out.String(), want) {
					t.Errorf("%s: %v: %s", want, err, out.String())
				}
				change(t, db, `DELETE FROM audit_head`)
				change(t, db, `INSERT INTO audit_head SELECT * FROM kept`)
				change(t, db, `DROP TABLE kept`)
			}
			out.Reset()
			if err := verifyDatabase(t.Context(), name, v); err != nil {
				t.Errorf("put right: %v: %s", err, out.String())
			}
			change(t, db, `DROP TABLE audit_index`)
			out.Reset()
			if err := verifyDatabase(t.Context(), name, v); err == nil || !strings.Contains(err.Error(), "audit_index") {
				t.Errorf("without the index: %v: %s", err, out.String())
			}
		})
	}
}

// A database whose ledger has a second key is proven by the first key and by the second:
// the statement between them is in the events. A hidden event, and a forgotten one, are
// reported at their place.
func TestVerifyDatabaseFollowsTheKey(t *testing.T) {
	file := t.TempDir() + "/bordereau.db"
	for engine, c := range map[string]database.Config{"sqlite": {SQLite: file}, "postgresql": {PostgreSQL: databasetest.PostgreSQLDSN(t)}} {
		t.Run(engine, func(t *testing.T) {
			db := databasetest.Open(t, c)
			w := gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t)
			first, ledger := w.Ledger.VerifierKey(string(w.Client)), string(w.Client)
			older, err := w.Ledger.Checkpoint(t.Context(), ledger)
			if err != nil {
				t.Fatal(err)
			}
			next := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{42}, ed25519.SeedSize))
			if _, err := w.Ledger.RotateKey(t.Context(), next, event.Event{Actor: "system"}); err != nil {
				t.Fatal(err)
			}
			w.Sent(t, 1)
			w.StopSequencer()
			newest, err := w.Ledger.Checkpoint(t.Context(), ledger)
			if err != nil {
				t.Fatal(err)
			}
			run := func(key string) (string, error) {
				var out strings.Builder
				err := verifyDatabase(t.Context(), c.SQLite+c.PostgreSQL, verification{ledgers: []string{ledger}, keys: []string{key}, older: [][]byte{older, newest}, out: &out})
				return out.String(), err
			}
			second := w.Ledger.VerifierKey(ledger)
			for _, key := range []string{first, second} {
				if out, err := run(key); err != nil || !strings.HasPrefix(out, "good") {
					t.Errorf("%s: %v: %s", key, err, out)
				}
			}
			databasetest.DropTriggers(t, db)
			change(t, db, `UPDATE audit_event SET action = 'audit.query' WHERE ledger = $1 AND action = 'audit.rekey'`, ledger)
			if out, err := run(first); !errors.Is(err, errReported) || !strings.Contains(out, "columns say something else than the leaf: action") {
				t.Errorf("hidden from the index: %v: %s", err, out)
			}
			change(t, db, `DELETE FROM audit_control_event WHERE ledger = $1`, ledger)
			if out, err := run(first); !errors.Is(err, errReported) || !strings.Contains(out, "key: the key was replaced here") {
				t.Errorf("forgotten: %v: %s", err, out)
			}
		})
	}
}

// shown is the name of a column in the report.
func shown(column string) string {
	if column == "ts" {
		return "time"
	}
	return column
}

func change(t *testing.T, db *database.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Writer().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
