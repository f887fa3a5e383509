package audit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// resumed is the event that records a resumption.
func resumed() event.Event {
	return event.Event{Phase: event.PhaseState, Action: "audit.resume", Outcome: event.OutcomeAllow, Actor: "system", Auth: "local"}
}

// One replica finds two histories. No replica appends any more: not one that meets the
// halt in a round, not an idle one, and not one that starts afterwards.
func TestAHaltIsEverybodys(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		silent := config(db)
		silent.Heartbeat = time.Hour
		finder, busy := open(t, silent), open(t, silent)
		silent.Heartbeat, silent.Poll = 10*time.Millisecond, time.Hour
		idle := open(t, silent)
		for _, ledger := range []*audit.Ledger{finder, busy, idle} {
			start(t, ledger)
		}
		mustAppend(t, busy, db, client(1), read(1))
		finder.Halt(errors.New("tile/0/000 is another\x00\xff" + strings.Repeat("é", 1000))) // whatever a file name may hold

		if _, err := busy.Append(t.Context(), client(1), read(2)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("the busy one appends: %v", err)
		}
		for deadline := time.Now().Add(patience); idle.Halted() == nil && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		}
		restarted := open(t, config(db))
		start(t, restarted)
		if reason, err := restarted.LookHalted(t.Context()); err != nil || reason == nil {
			t.Errorf("after a restart: %v, %v", reason, err)
		}
		for name, ledger := range map[string]*audit.Ledger{"busy": busy, "idle": idle, "restarted": restarted} {
			reason := ledger.Halted()
			if reason == nil || !strings.Contains(reason.Error(), "tile/0/000 is another") || !strings.Contains(reason.Error(), finder.Node()) {
				t.Errorf("the %s one knows of the halt: %v", name, reason)
			}
			if _, err := stage(t.Context(), ledger, db.Writer(), client(1), read(3)); !errors.Is(err, audit.ErrUnavailable) {
				t.Errorf("the %s one stages: %v", name, err)
			}
		}
		if got := len(verified(t, restarted, client(1))); got != 1 {
			t.Errorf("the ledger has %d events", got)
		}
	})
}

// The outbox waits for the resumption, and nothing in it is lost.
func TestTheOutboxWaitsForTheResumption(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		unaware := open(t, config(db))
		open(t, config(db)).Halt(errors.New("two histories"))
		ticket := mustStage(t, unaware, db, client(1), read(1))
		stop := start(t, unaware)
		if _, err := unaware.Wait(t.Context(), ticket); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("waited: %v", err)
		}
		stop()

		operator := open(t, config(db))
		resumption, err := operator.Resume(t.Context(), resumed())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := operator.Resume(t.Context(), resumed()); !errors.Is(err, audit.ErrNotHalted) {
			t.Errorf("resumed again: %v", err)
		}
		ledger := open(t, config(db))
		start(t, ledger)
		for _, ticket := range []audit.Ticket{ticket, resumption} {
			if _, err := ledger.Wait(t.Context(), ticket); err != nil {
				t.Error(err)
			}
		}
		if events := verified(t, ledger, event.Operator); len(events) != 1 || events[0].Action != "audit.resume" {
			t.Errorf("the operator's ledger has %d events", len(events))
		}
	})
}

// A halt while the database is unavailable is stored later. Until then this process is
// halted.
func TestAHaltIsWrittenDownLater(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, _ *faults) {
		c.Heartbeat = 10 * time.Millisecond
		writes.refuseStatements.Store(true)
		ledger := open(t, c)
		start(t, ledger)
		ledger.Halt(errors.New("two histories"))
		if reason, err := open(t, config(db)).LookHalted(t.Context()); err != nil || reason != nil {
			t.Fatalf("it is written down: %v, %v", reason, err)
		}
		if _, err := ledger.Append(t.Context(), client(1), read(1)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("appended: %v", err)
		}
		writes.refuseStatements.Store(false)
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if reason, err := open(t, config(db)).LookHalted(t.Context()); err == nil && reason != nil {
				return
			}
		}
		t.Error("it is never written down")
	})
}
