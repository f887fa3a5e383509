package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// joined opens a ledger on SQLite that sequences in the acts' own commits. Its Run does
// so only when it is asked to.
func joined(t *testing.T) (*database.DB, *audit.Ledger) {
	t.Helper()
	db := databasetest.SQLite(t)
	migrate(t, db)
	c := config(db)
	c.Poll = time.Hour
	ledger := open(t, c)
	db.Finish(ledger.Join)
	return db, ledger
}

// act puts the event into the outbox in a transaction of the group.
func act(t *testing.T, db *database.DB, ledger *audit.Ledger, n int) audit.Ticket {
	t.Helper()
	var ticket audit.Ticket
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) (err error) {
		ticket, err = ledger.Stage(ctx, tx.SQL, client(1), read(n))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return ticket
}

func count(t *testing.T, db *database.DB, table string) (n int) {
	t.Helper()
	if err := db.Reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// begun waits until the sequencer runs.
func begun(t *testing.T, ledger *audit.Ledger) {
	t.Helper()
	start(t, ledger)
	if _, err := ledger.Append(t.Context(), client(2), read(0)); err != nil {
		t.Fatal(err)
	}
}

func TestAnActAndItsPlaceShareACommit(t *testing.T) {
	db, ledger := joined(t)
	begun(t, ledger)
	ticket := act(t, db, ledger, 1)
	if staged, placed := count(t, db, "audit_outbox"), count(t, db, "audit_event"); staged != 0 || placed != 2 {
		t.Errorf("after the act's commit %d events are staged and %d in their place, want 0 and 2", staged, placed)
	}
	if seq, err := ledger.Wait(t.Context(), ticket); err != nil || seq != 0 {
		t.Errorf("Wait = %d, %v; want 0", seq, err)
	}
}

// Without a sequencer no call is answered, and the outbox stays as it is.
func TestNoPlaceInTheActsCommitWithoutASequencer(t *testing.T) {
	needs.Parallel(t)
	for name, prepare := range map[string]func(t *testing.T, ledger *audit.Ledger){
		"not running": func(*testing.T, *audit.Ledger) {},
		"stopped":     func(t *testing.T, ledger *audit.Ledger) { start(t, ledger)() },
	} {
		t.Run(name, func(t *testing.T) {
			db, ledger := joined(t)
			prepare(t, ledger)
			act(t, db, ledger, 1)
			if staged, placed := count(t, db, "audit_outbox"), count(t, db, "audit_event"); staged != 1 || placed != 0 {
				t.Errorf("%d events are staged and %d in their place, want 1 and 0", staged, placed)
			}
		})
	}
	t.Run("halted in the act", func(t *testing.T) {
		db, ledger := joined(t)
		begun(t, ledger)
		err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			_, err := ledger.Stage(ctx, tx.SQL, client(1), read(1))
			ledger.Halt(errors.New("two histories"))
			return err
		})
		if staged := count(t, db, "audit_outbox"); err != nil || staged != 1 {
			t.Errorf("%d events are staged, want 1 (%v)", staged, err)
		}
	})
}

// On PostgreSQL an act that joined would hold the lock of all ledgers.
func TestNoPlaceInTheActsCommitOnPostgreSQL(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	migrate(t, db)
	c := config(db)
	c.Poll = time.Hour
	ledger := open(t, c)
	begun(t, ledger)
	tx, err := db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := ledger.Stage(t.Context(), tx, client(1), read(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Join(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	if staged := stagedIn(t, tx); staged != 1 {
		t.Errorf("%d events are staged, want 1", staged)
	}
}

func stagedIn(t *testing.T, tx *sql.Tx) (n int) {
	t.Helper()
	if err := tx.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM audit_outbox").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
