package audit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// An access has two events. Both are found again as they were put into the outbox, with
// their erasable data.
func TestTwoEventsOfAnAccess(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		start(t, ledger)
		grant := read(1)
		ticket := mustStage(t, ledger, db, client(1), grant)
		if seq, err := ledger.Wait(t.Context(), ticket); err != nil || seq != 0 {
			t.Fatalf("Wait = %d, %v; want 0", seq, err)
		}
		completed := read(1)
		completed.Phase, completed.Grant, completed.Bytes, completed.Private = event.PhaseCompleted, ticket.Event, 10, nil
		if seq := mustAppend(t, ledger, db, client(1), completed); seq != 1 {
			t.Errorf("the second event has number %d", seq)
		}

		events, next, err := ledger.Query(t.Context(), ask.Query{Ledger: client(1), Document: "d_1"})
		if err != nil || next != "" || len(events) != 2 {
			t.Fatalf("Query = %d events, %q, %v; want 2", len(events), next, err)
		}
		if events[0].Phase != event.PhaseCompleted || events[0].Grant != events[1].ID {
			t.Errorf("the newest event completes %s, the grant is %s", events[0].Grant, events[1].ID)
		}
		got := events[1]
		want := grant
		want.Ledger, want.ID, want.Node = client(1), ticket.Event, ledger.Node()
		want.Time, want.Occurred, want.Commitment = got.Time, got.Occurred, got.Commitment
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-staged +found):\n%s", diff)
		}
		if got.Time.IsZero() || got.Occurred.IsZero() || got.Commitment == "" {
			t.Errorf("not assigned: time %v, occurred %v, commitment %q", got.Time, got.Occurred, got.Commitment)
		}
		verified(t, ledger, client(1))
	})
}

// Many appends at once over several ledgers lose no event, record none twice, leave out
// no number, and each gets its own number.
func TestConcurrentAppends(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		start(t, ledger)
		const appenders, times, ledgers = 64, 4, 5
		got := appendConcurrently(t, []*audit.Ledger{ledger}, []*database.DB{db}, appenders, times, ledgers)
		checkPlaces(t, ledger, got, appenders*times)
	})
}

// Several replicas on one database, each with its own connections and its own sequencer.
func TestThreeReplicas(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	var ledgers []*audit.Ledger
	var dbs []*database.DB
	for range 3 {
		db := databasetest.Open(t, database.Config{PostgreSQL: dsn})
		migrate(t, db)
		c := config(db)
		// Without the lock the tables' keys would still refuse a second event in one
		// place. The lock must prevent that.
		c.Logger = slog.New(slog.NewTextHandler(failures{t}, nil))
		ledger := open(t, c)
		start(t, ledger)
		ledgers, dbs = append(ledgers, ledger), append(dbs, db)
	}
	const appenders, times = 48, 8
	got := appendConcurrently(t, ledgers, dbs, appenders, times, 5)
	checkPlaces(t, ledgers[0], got, appenders*times)
}

// failures fails the test for every line that is logged.
type failures struct{ t *testing.T }

func (f failures) Write(line []byte) (int, error) {
	f.t.Errorf("logged: %s", line)
	return len(line), nil
}

// places are the sequence numbers that Wait returned.
type places map[audit.Ticket]int64

// appendConcurrently spreads appenders over the replicas and returns their places.
func appendConcurrently(t *testing.T, replicas []*audit.Ledger, dbs []*database.DB, appenders, times, ledgers int) places {
	t.Helper()
	var mu sync.Mutex
	got := places{}
	var group sync.WaitGroup
	for a := range appenders {
		group.Go(func() {
			replica := a % len(replicas)
			for n := range times {
				name := client((a + n) % ledgers)
				ticket, seq, err := appendEither(t.Context(), replicas[replica], dbs[replica], name, read(a), n%2 == 0)
				if err != nil {
					t.Errorf("appender %d: %v", a, err)
					return
				}
				mu.Lock()
				got[ticket] = seq
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return got
}

// appendEither appends the event on its own, or puts it into the outbox with an act.
func appendEither(ctx context.Context, ledger *audit.Ledger, db *database.DB, name string, e event.Event, withAct bool) (audit.Ticket, int64, error) {
	if !withAct {
		e.ID = event.NewID()
		seq, err := ledger.Append(ctx, name, e)
		return audit.Ticket{Ledger: name, Event: e.ID}, seq, err
	}
	ticket, err := stage(ctx, ledger, db.Writer(), name, e)
	if err != nil {
		return audit.Ticket{}, 0, err
	}
	seq, err := ledger.Wait(ctx, ticket)
	return ticket, seq, err
}

// checkPlaces compares the returned places with verified copies.
func checkPlaces(t *testing.T, ledger *audit.Ledger, returned places, total int) {
	t.Helper()
	if len(returned) != total {
		t.Errorf("%d events acknowledged, want %d", len(returned), total)
	}
	names, err := ledger.Ledgers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored := places{}
	count := 0
	for _, name := range names {
		for _, e := range verified(t, ledger, name) {
			stored[audit.Ticket{Ledger: name, Event: e.ID}] = e.Seq
			count++
		}
	}
	if count != total {
		t.Errorf("%d events in the ledgers, want %d", count, total)
	}
	if diff := cmp.Diff(returned, stored); diff != "" {
		t.Errorf("places (-returned +stored):\n%s", diff)
	}
}

// The outbox holds more events than one batch before the sequencer starts. They keep
// their order.
func TestOrderAcrossBatches(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		c := config(db)
		c.Batch = 3
		ledger := open(t, c)
		var staged []string
		var last audit.Ticket
		for n := range 10 {
			last = mustStage(t, ledger, db, client(1), read(n))
			staged = append(staged, last.Event)
		}
		start(t, ledger)
		if seq, err := ledger.Wait(t.Context(), last); err != nil || seq != 9 {
			t.Fatalf("Wait = %d, %v; want 9", seq, err)
		}
		var found []string
		for _, e := range verified(t, ledger, client(1)) {
			found = append(found, e.ID)
		}
		if diff := cmp.Diff(staged, found); diff != "" {
			t.Errorf("order (-staged +found):\n%s", diff)
		}
	})
}

// An act that is rolled back leaves no event.
func TestRolledBackActIsNotInTheLedger(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		start(t, ledger)
		tx, err := db.Writer().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		undone, err := ledger.Stage(t.Context(), tx, client(1), read(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, ledger, db, client(1), read(2))
		events := verified(t, ledger, client(1))
		if len(events) != 1 || events[0].ID == undone.Event {
			t.Errorf("%d events, the first is %s, undone was %s", len(events), events[0].ID, undone.Event)
		}
	})
}

// Another process continues the ledger, with its clock set back.
func TestRestartContinues(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		late := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		for n, now := range []time.Time{late, late.Add(-time.Hour), late.Add(time.Second)} {
			migrate(t, db) // a second time changes nothing
			c := config(db)
			c.Clock = func() time.Time { return now }
			ledger := open(t, c)
			stop := start(t, ledger)
			if seq := mustAppend(t, ledger, db, client(1), read(n)); seq != int64(n) {
				t.Errorf("event %d has number %d", n, seq)
			}
			stop()
		}
		events := verified(t, open(t, config(db)), client(1))
		want := []time.Time{late, late, late.Add(time.Second)}
		for i, e := range events {
			if !e.Time.Equal(want[i]) {
				t.Errorf("event %d at %v, want %v", i, e.Time, want[i])
			}
		}
	})
}

// Wait finds an event that another replica sequenced by its id, also when this replica
// never saw it.
func TestWaitForEventOfAnotherReplica(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		here, there := open(t, config(db)), open(t, config(db))
		ticket := mustStage(t, here, db, client(1), read(1))
		stop := start(t, there)
		if _, err := there.Wait(t.Context(), ticket); err != nil {
			t.Fatal(err)
		}
		stop()
		start(t, here)
		if seq, err := here.Wait(t.Context(), ticket); err != nil || seq != 0 {
			t.Errorf("Wait = %d, %v; want 0", seq, err)
		}
		verified(t, here, client(1))
	})
}

// Another replica sequences the outbox of a replica that died, though no call waits for
// it.
func TestPollFindsWhatNobodyWaitsFor(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		c := config(db)
		c.Poll = time.Millisecond
		ledger := open(t, c)
		mustStage(t, ledger, db, client(1), read(1))
		start(t, ledger)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for {
			names, err := ledger.Ledgers(ctx)
			if err != nil {
				t.Fatalf("not sequenced: %v", err)
			}
			if slices.Equal(names, []string{client(1)}) {
				break
			}
		}
		verified(t, ledger, client(1))
	})
}

func TestWaitIsUnavailable(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		c := config(db)
		c.WaitTimeout = 20 * time.Millisecond
		unavailable := func(ledger *audit.Ledger, ctx context.Context, ticket audit.Ticket, why string) {
			t.Helper()
			if seq, err := ledger.Wait(ctx, ticket); !errors.Is(err, audit.ErrUnavailable) {
				t.Errorf("%s: Wait = %d, %v; want ErrUnavailable", why, seq, err)
			}
		}
		neverRun := open(t, c)
		ticket := mustStage(t, neverRun, db, client(1), read(1))
		unavailable(neverRun, t.Context(), ticket, "Run has not begun")

		c.WaitTimeout = patience
		stopped := open(t, c)
		start(t, stopped)()
		unavailable(stopped, t.Context(), mustStage(t, stopped, db, client(1), read(2)), "Run has returned")

		cancelled, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("the client is gone")
		cancel(gone)
		waiting := open(t, c)
		unavailable(waiting, cancelled, ticket, "context ended")
		if _, err := waiting.Wait(cancelled, ticket); !errors.Is(err, gone) {
			t.Errorf("Wait hides why the context ended: %v", err)
		}

		c.WaitTimeout = 20 * time.Millisecond
		running := open(t, c)
		start(t, running)
		unavailable(running, t.Context(), audit.Ticket{Ledger: client(1), Event: event.NewID()}, "never committed")
		unavailable(running, t.Context(), audit.Ticket{Ledger: client(2), Event: ticket.Event}, "in another ledger")
	})
}

func TestRunOnlyOnce(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		ledger := open(t, config(db))
		start(t, ledger)()
		if err := ledger.Run(t.Context()); err == nil {
			t.Error("Run begins a second time")
		}
	})
}

func TestStageRefuses(t *testing.T) {
	refused := map[string]struct {
		ledger string
		spoil  func(*event.Event)
	}{
		"another ledger":    {"o_short", func(*event.Event) {}},
		"no ledger":         {"", func(*event.Event) {}},
		"unknown action":    {client(1), func(e *event.Event) { e.Action = "document.destroy" }},
		"no outcome":        {client(1), func(e *event.Event) { e.Outcome = "" }},
		"line break":        {client(1), func(e *event.Event) { e.Actor = "p_1\r\n" }},
		"large private":     {client(1), func(e *event.Event) { e.Private = map[string]string{"note": fmt.Sprintf("%20000d", 1)} }},
		"id that is no id":  {client(1), func(e *event.Event) { e.ID = "1" }},
		"commitment is set": {client(1), func(e *event.Event) { e.Commitment = "x"; e.Seq = -5; e.Node = "\n" }},
	}
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		for name, c := range refused {
			e := read(1)
			c.spoil(&e)
			if _, err := stage(t.Context(), ledger, db.Writer(), c.ledger, e); !errors.Is(err, event.ErrInvalid) {
				t.Errorf("%s: %v, want ErrInvalid", name, err)
			}
		}
	})
}

// Many appends and acts at once lose no event and record none twice. An event appended
// after an act committed comes after that act's event.
func TestAppend(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		c := config(db)
		c.Batch = 5
		ledger := open(t, c)
		start(t, ledger)
		const appenders = 16
		var group sync.WaitGroup
		for a := range appenders {
			group.Go(func() {
				ticket, err := stage(t.Context(), ledger, db.Writer(), client(1), read(a))
				if err != nil {
					t.Errorf("appender %d: %v", a, err)
					return
				}
				completed := read(a)
				completed.Phase, completed.Grant = event.PhaseCompleted, ticket.Event
				after, err := ledger.Append(t.Context(), client(1), completed)
				if err != nil {
					t.Errorf("appender %d: %v", a, err)
					return
				}
				if seq, err := ledger.Wait(t.Context(), ticket); err != nil || seq >= after {
					t.Errorf("grant is event %d, %v; it was completed by event %d", seq, err, after)
				}
			})
		}
		group.Wait()
		if events := verified(t, ledger, client(1)); len(events) != 2*appenders {
			t.Errorf("%d events, want %d", len(events), 2*appenders)
		}
	})
}

func TestAppendRefuses(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		start(t, ledger)
		if _, err := ledger.Append(t.Context(), "o_short", read(1)); !errors.Is(err, event.ErrInvalid) {
			t.Errorf("another ledger: %v, want ErrInvalid", err)
		}
	})
}
