package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// impatient is the configuration of a ledger that soon takes others for dead.
func impatient(db *database.DB) audit.Config {
	c := config(db)
	c.Heartbeat, c.Lost = 20*time.Millisecond, 5*time.Second
	return c
}

// granted is the n-th access as it begins.
func granted(n int) event.Event {
	e := read(n)
	e.Phase, e.Length = event.PhaseGrant, 1000
	return e
}

// ended is how that access ends.
func ended(grant audit.Ticket, phase event.Phase) event.Event {
	e := granted(0)
	e.Phase, e.Grant, e.Bytes = phase, grant.Event, 10
	return e
}

// until waits for the ledger to hold an event of the phase. The ledger grows meanwhile,
// so it asks with one query. A copy and the checkpoint after it would be two readings.
func until(t *testing.T, ledger *audit.Ledger, name string, phase event.Phase) event.Event {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		found, _, err := ledger.Query(t.Context(), ask.Query{Ledger: name, Phase: phase})
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			return found[0]
		}
	}
	t.Fatalf("there is no %s", phase)
	return event.Event{}
}

func phases(events []event.Event) []event.Phase {
	var list []event.Phase
	for _, e := range events {
		list = append(list, e.Phase)
	}
	return list
}

// When a process died in the middle of an access, one of the others closes it, once, as
// unknown, and counts it as wholly read. Accesses of live processes are left alone.
func TestTheGrantsOfADeadNodeAreClosedOnce(t *testing.T) {
	databasetest.EachInBubble(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		living, dead := open(t, impatient(db)), open(t, impatient(db)) // the dead one never runs
		for range 2 {
			start(t, open(t, impatient(db)))
		}
		start(t, living)
		alive := mustStage(t, living, db, client(1), granted(1))
		lost := mustStage(t, dead, db, client(2), granted(2))
		if _, err := living.Wait(t.Context(), lost); err != nil {
			t.Fatal(err)
		}

		got := until(t, living, client(2), event.PhaseUnknown)
		want := granted(2)
		want.Ledger, want.Seq, want.Phase, want.Outcome, want.Reason = client(2), 1, event.PhaseUnknown, event.OutcomeError, "node-lost"
		want.Bytes, want.Grant, want.Private = want.Length, lost.Event, nil
		want.Time, want.Occurred, want.ID, want.Node = got.Time, got.Occurred, got.ID, got.Node
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the end of the lost access (-want +got):\n%s", diff)
		}
		if got.Node == dead.Node() {
			t.Error("the dead node recorded its own end")
		}
		if _, err := living.Append(t.Context(), client(1), ended(alive, event.PhaseCompleted)); err != nil {
			t.Fatal(err)
		}
		if got := phases(verified(t, living, client(1))); !cmp.Equal(got, []event.Phase{event.PhaseGrant, event.PhaseCompleted}) {
			t.Errorf("the access of the living node: %s", got)
		}
		if got := phases(verified(t, living, client(2))); len(got) != 2 {
			t.Errorf("the access of the dead node: %s", got)
		}
	})
}

// An end that a node put into the outbox before it died counts, and no unknown follows
// it.
func TestAnEndInTheOutboxIsNotOverruled(t *testing.T) {
	databasetest.EachInBubble(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		dead := open(t, impatient(db))
		stop := start(t, open(t, config(db)))
		grant, other := mustStage(t, dead, db, client(1), granted(1)), mustStage(t, dead, db, client(1), granted(2))
		second := open(t, config(db))
		stopSecond := start(t, second)
		for _, ticket := range []audit.Ticket{grant, other} {
			if _, err := second.Wait(t.Context(), ticket); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		stopSecond()
		mustStage(t, dead, db, client(1), ended(grant, event.PhaseCompleted))

		late := impatient(db)
		late.Poll = time.Hour // only the heartbeat makes it take a round
		ledger := open(t, late)
		start(t, ledger)
		if e := until(t, ledger, client(1), event.PhaseUnknown); e.Grant != other.Event {
			t.Errorf("closed %s, want %s", e.Grant, other.Event)
		}
		want := []event.Phase{event.PhaseGrant, event.PhaseGrant, event.PhaseCompleted, event.PhaseUnknown}
		if diff := cmp.Diff(want, phases(verified(t, ledger, client(1)))); diff != "" {
			t.Error(diff)
		}
	})
}

// After a clean stop no access is open: Run closes them before it returns.
func TestACleanStopLeavesNothingOpen(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		finished, refused := mustStage(t, ledger, db, client(1), granted(0)), mustStage(t, ledger, db, client(1), granted(0))
		mustAppend(t, ledger, db, client(1), ended(finished, event.PhaseAborted))
		no := ended(refused, event.PhaseCompleted)
		no.Outcome, no.Reason = event.OutcomeDeny, "no-lease" // ends nothing
		mustAppend(t, ledger, db, client(1), no)
		stop()

		events := verified(t, ledger, client(1))
		last := events[len(events)-1]
		if len(events) != 5 || last.Phase != event.PhaseUnknown || last.Grant != refused.Event || last.Reason != "node-stopped" {
			t.Errorf("%d events, the last %s of %s: %s", len(events), last.Phase, last.Grant, last.Reason)
		}
		var left int
		err := db.Reader().QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM audit_open) + (SELECT COUNT(*) FROM audit_node)`).Scan(&left)
		if err != nil || left != 0 {
			t.Errorf("%d rows about what is open are left, %v", left, err)
		}
	})
}
