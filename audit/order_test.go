package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// documentsOf are the documents of a ledger's events, in the order of the ledger.
func documentsOf(events []event.Event) []string {
	var list []string
	for _, e := range events {
		list = append(list, e.Document)
	}
	return list
}

// Events are in the ledger in the order of the outbox, also when the database stores its
// rows in another order.
func TestEventsKeepTheOrderInWhichTheyWereWritten(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		var want []string
		for n := range 40 {
			mustStage(t, ledger, db, client(1), read(n))
			want = append(want, fmt.Sprintf("d_%d", n))
		}
		// A row that is changed moves to the end of PostgreSQL's table: the last comes
		// first.
		if db.PostgreSQL() {
			for n := range 40 {
				if _, err := db.Writer().ExecContext(t.Context(), `UPDATE audit_outbox SET priv_salt = priv_salt
					WHERE id = (SELECT id FROM audit_outbox ORDER BY id DESC LIMIT 1 OFFSET $1)`, n); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := ledger.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, documentsOf(verified(t, ledger, client(1)))); diff != "" {
			t.Errorf("the order (-written +recorded):\n%s", diff)
		}
	})
}

// An event that is appended after an act has committed comes after that act's event, also
// when both come while the sequencer drains what is there already.
func TestWhatIsAppendedAfterACommitComesAfterIt(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	db := databasetest.Open(t, database.Config{PostgreSQL: dsn})
	other := databasetest.Open(t, database.Config{PostgreSQL: dsn})
	migrate(t, db)
	ledger := open(t, config(db))
	mustStage(t, ledger, db, client(1), read(0))

	// A lock on the first event stops the sequencer while it drains the outbox, after it
	// read the queue.
	held, err := other.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	if _, err := held.ExecContext(t.Context(), `SELECT id FROM audit_outbox FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	settled := make(chan error, 1)
	go func() { settled <- ledger.Settle(t.Context()) }()
	await(t, "the sequencer to meet the lock", func() bool {
		var waiting int
		err := other.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		return waiting > 0
	})
	act, err := stage(t.Context(), ledger, other.Writer(), client(1), read(1))
	if err != nil {
		t.Fatal(err)
	}
	appended := make(chan error, 1)
	go func() {
		_, err := ledger.Append(t.Context(), client(1), read(2))
		appended <- err
	}()
	await(t, "the event to be queued", func() bool { queued, _ := ledger.Queued(); return queued == 1 })
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-settled; err != nil {
		t.Fatal(err)
	}
	start(t, ledger)
	if _, err := ledger.Wait(t.Context(), act); err != nil {
		t.Fatal(err)
	}
	if err := <-appended; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"d_0", "d_1", "d_2"}, documentsOf(verified(t, ledger, client(1)))); diff != "" {
		t.Errorf("the order (-caused +recorded):\n%s", diff)
	}
}

// await asks again until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: it does not come", what)
		}
	}
}

// A refused end ends nothing: the access is open until another end, or an unknown, closes
// it.
func TestARefusedEndEndsNothing(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		open := func() (n int) {
			t.Helper()
			if err := ledger.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_open`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		grant := mustStage(t, ledger, db, client(1), granted(1))
		if n := open(); n != 1 {
			t.Fatalf("%d accesses are open after a grant", n)
		}
		for _, phase := range []event.Phase{event.PhaseCompleted, event.PhaseAborted} {
			refused := ended(grant, phase)
			refused.Outcome, refused.Reason = event.OutcomeDeny, "contract-suspended"
			mustStage(t, ledger, db, client(1), refused)
			if n := open(); n != 1 {
				t.Errorf("%d accesses are open after a %s that was refused, want one", n, phase)
			}
		}
		// In one batch with its grant as well, and in another ledger than the grant's.
		second := mustStage(t, ledger, db, client(1), granted(2))
		refused := ended(second, event.PhaseCompleted)
		refused.Outcome, refused.Reason = event.OutcomeDeny, "contract-suspended"
		mustStage(t, ledger, db, client(1), refused)
		mustStage(t, ledger, db, client(2), ended(second, event.PhaseCompleted))
		if n := open(); n != 2 {
			t.Errorf("%d accesses are open, want two", n)
		}
		mustStage(t, ledger, db, client(1), ended(grant, event.PhaseAborted))
		mustStage(t, ledger, db, client(1), ended(second, event.PhaseCompleted))
		if n := open(); n != 0 {
			t.Errorf("%d accesses are open after their ends", n)
		}
		// A grant that was refused opens nothing.
		refusedGrant := granted(3)
		refusedGrant.Outcome, refusedGrant.Reason = event.OutcomeDeny, "no-lease"
		mustStage(t, ledger, db, client(1), refusedGrant)
		if n := open(); n != 0 {
			t.Errorf("%d accesses are open after a grant that was refused", n)
		}
	})
}
