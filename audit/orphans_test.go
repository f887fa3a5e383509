package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// forgetful is the configuration of a ledger that soon closes orphaned accesses.
func forgetful(c audit.Config) audit.Config {
	c.Heartbeat, c.Lost = 10*time.Millisecond, 50*time.Millisecond
	return c
}

// The database was unavailable when the end of an access was to be recorded. The process
// lives on, and the end will never be recorded: the access is closed as unknown.
func TestALostEndIsClosedAsUnknown(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, _ *faults) {
		ledger := open(t, forgetful(c))
		grant := mustStage(t, ledger, db, client(1), granted(1))
		running := mustStage(t, ledger, db, client(1), granted(2))
		start(t, ledger)
		for _, ticket := range []audit.Ticket{grant, running} {
			if _, err := ledger.Wait(t.Context(), ticket); err != nil {
				t.Fatal(err)
			}
		}
		writes.refuseCommits.Store(1)
		short, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		if seq, err := ledger.Append(short, client(1), ended(grant, event.PhaseCompleted)); !errors.Is(err, audit.ErrUnavailable) {
			t.Fatalf("Append = %d, %v; want ErrUnavailable", seq, err)
		}
		got := until(t, ledger, client(1), event.PhaseUnknown)
		if got.Grant != grant.Event || got.Reason != "end-lost" || got.Outcome != event.OutcomeError || got.Bytes != 1000 {
			t.Errorf("closed %s: %s, %s, %d bytes", got.Grant, got.Outcome, got.Reason, got.Bytes)
		}
		want := []event.Phase{event.PhaseGrant, event.PhaseGrant, event.PhaseUnknown} // the other access runs
		if diff := cmp.Diff(want, phases(verified(t, ledger, client(1)))); diff != "" {
			t.Error(diff)
		}
	})
}

// An orphaned access is looked up before it is closed. An end in the ledger or in the
// outbox stands, and a grant that was never recorded is ignored.
func TestGivingUpOverrulesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		ledger := open(t, forgetful(config(db)))
		recorded := mustStage(t, ledger, db, client(1), granted(1))
		staged := mustStage(t, ledger, db, client(1), granted(2))
		open := mustStage(t, ledger, db, client(1), granted(3))
		mustStage(t, ledger, db, client(1), ended(recorded, event.PhaseCompleted))
		stop := start(t, ledger)
		if _, err := ledger.Wait(t.Context(), open); err != nil {
			t.Fatal(err)
		}
		mustStage(t, ledger, db, client(1), ended(staged, event.PhaseAborted))
		for _, grant := range []audit.Ticket{recorded, staged, open, {Ledger: client(1), Event: event.NewID()}, {Ledger: client(2), Event: open.Event}} {
			ledger.Orphan(grant)
		}
		if e := until(t, ledger, client(1), event.PhaseUnknown); e.Grant != open.Event {
			t.Errorf("closed %s, want %s", e.Grant, open.Event)
		}
		stop()
		want := []event.Phase{event.PhaseGrant, event.PhaseGrant, event.PhaseGrant, event.PhaseCompleted, event.PhaseAborted, event.PhaseUnknown}
		if diff := cmp.Diff(want, phases(verified(t, ledger, client(1)))); diff != "" {
			t.Error(diff)
		}
	})
}

// While the database is unavailable for longer than Config.Lost, an orphaned grant may
// wait in the outbox. It is closed too.
func TestAnOrphanedGrantInTheOutboxIsClosed(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, _ *faults) {
		c = forgetful(c)
		writes.refuseCommits.Store(1 << 30)
		ledger := open(t, c)
		grant := mustStage(t, ledger, db, client(1), granted(1))
		start(t, ledger)
		short, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		if seq, err := ledger.Wait(short, grant); !errors.Is(err, audit.ErrUnavailable) {
			t.Fatalf("Wait = %d, %v; want ErrUnavailable", seq, err)
		}
		ledger.Orphan(grant)
		time.Sleep(2 * c.Lost) // the time after which it may be closed passes while nothing can be
		writes.refuseCommits.Store(0)
		if e := until(t, ledger, client(1), event.PhaseUnknown); e.Grant != grant.Event || e.Reason != "end-lost" {
			t.Errorf("closed %s: %s", e.Grant, e.Reason)
		}
	})
}
