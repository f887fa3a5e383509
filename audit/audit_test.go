package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// patience is longer than any wait that ends well, on the slowest machine.
const patience = 10 * time.Minute

// client is the name of the n-th client's ledger.
func client(n int) string { return "o_" + letters(n) }

// letters is n in the alphabet of identifiers, padded with a.
func letters(n int) string {
	out := bytes.Repeat([]byte("a"), 26)
	for i := len(out) - 1; n > 0; i-- {
		out[i] = byte('a' + n%26)
		n /= 26
	}
	return string(out)
}

// config opens ledgers on the database with a key that every test shares.
func config(db *database.DB) audit.Config {
	return audit.Config{
		Writer: db.Writer(), Reader: db.Reader(), PostgreSQL: db.PostgreSQL(),
		Origin:      "ledger.test",
		Key:         ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)),
		Node:        "test-1",
		WaitTimeout: patience,
	}
}

func migrate(t testing.TB, db *database.DB) {
	t.Helper()
	if err := audit.Migrate(t.Context(), db.Writer(), db.PostgreSQL()); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, c audit.Config) *audit.Ledger {
	t.Helper()
	ledger, err := audit.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return ledger
}

// start runs the sequencer until the returned function is called, or the test ends.
func start(t testing.TB, ledger *audit.Ledger) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- ledger.Run(ctx) }()
	var stopped bool
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// each runs f on both engines, with an open ledger whose sequencer does not run yet.
func each(t *testing.T, f func(t *testing.T, db *database.DB, ledger *audit.Ledger)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		f(t, db, open(t, config(db)))
	})
}

// read is an event of the n-th access. It is of PhaseState, so that nothing waits for its
// end.
func read(n int) event.Event {
	return event.Event{
		Phase: event.PhaseState, Action: "document.read", Outcome: event.OutcomeAllow, Reason: "allowed",
		Actor: fmt.Sprintf("p_%d", n%3), Document: fmt.Sprintf("d_%d", n), Batch: "b_1", Contract: "c_1", Provider: "o_1",
		Private: map[string]string{"address": fmt.Sprintf("192.0.2.%d", n%250)},
	}
}

// stage puts the event into the outbox in a transaction of its own and commits it.
func stage(ctx context.Context, ledger *audit.Ledger, writer *sql.DB, name string, e event.Event) (audit.Ticket, error) {
	tx, err := writer.BeginTx(ctx, nil)
	if err != nil {
		return audit.Ticket{}, err
	}
	defer tx.Rollback()
	ticket, err := ledger.Stage(ctx, tx, name, e)
	if err != nil {
		return audit.Ticket{}, err
	}
	return ticket, tx.Commit()
}

func mustStage(t testing.TB, ledger *audit.Ledger, db *database.DB, name string, e event.Event) audit.Ticket {
	t.Helper()
	ticket, err := stage(t.Context(), ledger, db.Writer(), name, e)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// mustAppend puts the event into the outbox and waits for it.
func mustAppend(t testing.TB, ledger *audit.Ledger, db *database.DB, name string, e event.Event) int64 {
	t.Helper()
	seq, err := ledger.Wait(t.Context(), mustStage(t, ledger, db, name, e))
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// verified copies a ledger and checks all of it against its checkpoint: every number
// once, time not falling, every leaf in its one form and in its place, erasable data as
// committed to, and the root recomputed from the leaves.
func verified(t testing.TB, ledger *audit.Ledger, name string) []event.Event {
	t.Helper()
	var events []event.Event
	var stored storedHashes
	for row, err := range ledger.Copy(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Parse(row.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		if e.Ledger != name || e.Seq != int64(len(events)) || row.Seq != e.Seq {
			t.Fatalf("event %d of %s is in place %d of %s", e.Seq, e.Ledger, len(events), name)
		}
		if len(events) > 0 && e.Time.Before(events[len(events)-1].Time) {
			t.Fatalf("time falls at event %d", e.Seq)
		}
		if row.Opening != nil && !row.Opening.Check(e.Commitment) {
			t.Fatalf("private half of event %d is not the one committed to", e.Seq)
		}
		stored.add(t, e.Seq, row.Leaf)
		events = append(events, e)
	}
	root, err := tlog.TreeHash(int64(len(events)), stored)
	if err != nil {
		t.Fatal(err)
	}
	checkpoint := checkpoint(t, ledger, name)
	if checkpoint.Size != uint64(len(events)) || !bytes.Equal(checkpoint.Hash, root[:]) {
		t.Fatalf("checkpoint of size %d and root %x; the leaves are %d with root %x", checkpoint.Size, checkpoint.Hash, len(events), root)
	}
	return events
}

// checkpoint opens the ledger's checkpoint with the verifier key alone.
func checkpoint(t testing.TB, ledger *audit.Ledger, name string) *log.Checkpoint {
	t.Helper()
	signed, err := ledger.Checkpoint(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(ledger.VerifierKey(name))
	if err != nil {
		t.Fatal(err)
	}
	parsed, rest, _, err := log.ParseCheckpoint(signed, "ledger.test/"+name, verifier)
	if err != nil {
		t.Fatal(err)
	}
	if len(rest) != 0 {
		t.Errorf("checkpoint has more lines: %q", rest)
	}
	return parsed
}
