package audit_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// A query notices a changed row, as far as one row can show it.
func TestQueryFindsTampering(t *testing.T) {
	for name, statement := range map[string]string{
		"a byte of a leaf":      `UPDATE audit_event SET leaf = leaf || CAST('x' AS bytea) WHERE seq = 1`,
		"a leaf twice":          `UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 0) WHERE seq = 1`,
		"row moved":             `UPDATE audit_event SET seq = 7 WHERE seq = 2`,
		"row to other ledger":   `UPDATE audit_event SET ledger = '` + client(2) + `' WHERE seq = 2`,
		"erasable data changed": `UPDATE audit_event SET priv = '{"address":"192.0.2.9"}' WHERE seq = 1`,
		"erasable data moved":   `UPDATE audit_event SET priv = (SELECT priv FROM audit_event WHERE seq = 0) WHERE seq = 1`,
		"salt erased alone":     `UPDATE audit_event SET priv_salt = NULL WHERE seq = 1`,
	} {
		t.Run(name, func(t *testing.T) {
			db := databasetest.SQLite(t)
			ledger := threeEvents(t, db)
			execute(t, db, statement)
			found := false
			for _, name := range []string{client(1), client(2)} {
				_, _, err := ledger.Query(t.Context(), ask.Query{Ledger: name})
				found = found || errors.Is(err, audit.ErrTampered)
			}
			if !found {
				t.Error("not found out")
			}
		})
	}
}

// A head or an outbox row that contradicts itself stops the sequencer, and nothing is
// acknowledged.
func TestSequencerStopsAtTampering(t *testing.T) {
	needs.Parallel(t)
	for name, statement := range map[string]string{
		"compact range cut":      `UPDATE audit_head SET compact_range = CAST('' AS bytea)`,
		"size raised":            `UPDATE audit_head SET size = size + 4`,
		"size lowered":           `UPDATE audit_head SET size = 2, compact_range = CAST(substr(compact_range, 1, 32) AS bytea)`,
		"staged event changed":   `UPDATE audit_outbox SET body = body || CAST(' ' AS bytea)`,
		"staged event elsewhere": `UPDATE audit_outbox SET ledger = '` + client(2) + `'`,
	} {
		t.Run(name, func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				threeEvents(t, db)
				c := config(db)
				c.WaitTimeout = 100 * time.Millisecond
				ledger := open(t, c)
				ticket := mustStage(t, ledger, db, client(1), read(4))
				execute(t, db, statement)
				start(t, ledger)
				if seq, err := ledger.Wait(t.Context(), ticket); !errors.Is(err, audit.ErrUnavailable) {
					t.Errorf("Wait = %d, %v; want ErrUnavailable", seq, err)
				}
			})
		})
	}
}

func TestCheckpointRefusesTamperedHead(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := threeEvents(t, db)
		execute(t, db, `UPDATE audit_head SET size = 8`)
		if signed, err := ledger.Checkpoint(t.Context(), client(1)); !errors.Is(err, audit.ErrTampered) {
			t.Errorf("Checkpoint = %q, %v; want ErrTampered", signed, err)
		}
	})
}

// Erasing the erasable data leaves the event, its commitment and every proof.
func TestErasure(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := threeEvents(t, db)
		execute(t, db, `UPDATE audit_event SET priv = NULL, priv_salt = NULL WHERE seq = 1`)
		events, _, err := ledger.Query(t.Context(), ask.Query{Ledger: client(1)})
		if err != nil || len(events) != 3 {
			t.Fatalf("Query = %d events, %v", len(events), err)
		}
		if erased := events[1]; erased.Private != nil || erased.Commitment == "" {
			t.Errorf("erased event has private half %v and commitment %q", erased.Private, erased.Commitment)
		}
		if kept := events[0]; kept.Private["address"] != "192.0.2.2" {
			t.Errorf("the next event's private half is %v", kept.Private)
		}
		verified(t, ledger, client(1))
	})
}

func threeEvents(t *testing.T, db *database.DB) *audit.Ledger {
	t.Helper()
	migrate(t, db)
	ledger := open(t, config(db))
	stop := start(t, ledger)
	for n := range 3 {
		mustAppend(t, ledger, db, client(1), read(n))
	}
	stop()
	return ledger
}

// execute changes rows with the rights of the tables' owner.
func execute(t *testing.T, db *database.DB, statement string) {
	t.Helper()
	databasetest.DropTriggers(t, db)
	result, err := db.Writer().ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed %d rows, %v", statement, n, err)
	}
}
