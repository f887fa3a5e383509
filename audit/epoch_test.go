package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// outside is the published ledger from before the database lost some of it.
type outside struct {
	leaves [][]byte
	epoch  int64
	root   tlog.Hash
}

func keptOutside(t *testing.T, ledger *audit.Ledger, name string) outside {
	t.Helper()
	o := outside{epoch: ledger.Epoch(name)}
	for row, err := range ledger.Copy(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		o.leaves = append(o.leaves, row.Leaf)
	}
	tree, err := ledger.Tree(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	o.root = tree.Root()
	return o
}

func (o outside) history() audit.History {
	return audit.History{Epoch: o.epoch, Size: int64(len(o.leaves)), Root: o.root,
		Bundle: func(_ context.Context, index int64, width int) ([][]byte, error) {
			return o.leaves[index*256 : index*256+int64(width)], nil
		}}
}

// tables are those that a backup holds of the ledgers.
var tables = []string{"audit_sequencer", "audit_outbox", "audit_head", "audit_event", "audit_tile", "audit_open", "audit_control_event", "audit_forked_event", "audit_published", "audit_index"}

// backUp copies the ledgers' tables; the returned function restores the last copies.
func backUp(t *testing.T, db *database.DB) (restore func()) {
	t.Helper()
	each := func(statements ...string) {
		for _, table := range tables {
			for _, statement := range statements {
				if _, err := db.Writer().ExecContext(t.Context(), strings.ReplaceAll(statement, "$", table)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	each(`DROP TABLE IF EXISTS copy_of_$`, `CREATE TABLE copy_of_$ AS SELECT * FROM $`)
	return func() {
		databasetest.WithTriggersDown(t, db, func() { each(`DELETE FROM $`, `INSERT INTO $ SELECT * FROM copy_of_$`) })
	}
}

func beginEpoch(t *testing.T, ledger *audit.Ledger, name string, o outside, differing bool) audit.Continuation {
	t.Helper()
	done, err := ledger.BeginEpoch(t.Context(), audit.Beginning{Ledger: name, History: o.history(), Differing: differing,
		Event: event.Event{Actor: "system"}, Note: &event.Event{Phase: event.PhaseState, Action: "audit.restore", Outcome: event.OutcomeAllow, Subject: name}})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// reads are the documents of the events, in order; an event that begins an epoch is "*".
func reads(events []event.Event) (list []string) {
	for _, e := range events {
		if e.Action == event.ActionEpoch {
			e.Document = "*"
		}
		list = append(list, e.Document)
	}
	return list
}

// TestEpochAfterRollback: the database lost events. It imports them and goes on under
// another name, in the same tree.
func TestEpochAfterRollback(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		for n := range 3 {
			mustAppend(t, ledger, db, client(1), read(n))
		}
		restore := backUp(t, db)
		for n := range 300 {
			mustStage(t, ledger, db, client(1), read(3+n))
		}
		mustAppend(t, ledger, db, client(1), read(303))
		before := keptOutside(t, ledger, client(1))
		stop()
		restore()

		ledger = open(t, config(db))
		done := beginEpoch(t, ledger, client(1), before, false)
		if want := (audit.Continuation{Ledger: client(1), Epoch: 2, Begins: 304, Held: 3, Imported: 301}); done != want {
			t.Errorf("did %+v, want %+v", done, want)
		}
		if _, err := ledger.BeginEpoch(t.Context(), audit.Beginning{Ledger: client(1), History: before.history()}); !errors.Is(err, audit.ErrNotBehind) {
			t.Errorf("a second time: %v", err)
		}
		ledger = open(t, config(db)) // the database has the name
		start(t, ledger)
		if seq := mustAppend(t, ledger, db, client(1), read(7)); seq != 305 {
			t.Errorf("the next event is %d", seq)
		}
		tree, err := ledger.Tree(t.Context(), client(1))
		if err != nil {
			t.Fatal(err)
		}
		then, err := tree.At(t.Context(), 304)
		if err != nil || then.Root() != before.root {
			t.Errorf("the tree does not begin with what was published: %v", err)
		}
		signed, err := tree.Checkpoint()
		if err != nil || !bytes.HasPrefix(signed, []byte("ledger.test/"+client(1)+"/2\n306\n")) {
			t.Errorf("checkpoint %q, %v", signed, err)
		}
		// Queries find imported events as others, and the note is in the operator's
		// ledger.
		found, _, err := ledger.Query(t.Context(), ask.Query{Ledger: client(1), Document: "d_300"})
		if err != nil || len(found) != 1 || found[0].Seq != 300 || found[0].Private != nil {
			t.Errorf("found %v, %v", found, err)
		}
		noted, _, err := ledger.Query(t.Context(), ask.Query{Ledger: event.Operator})
		if err != nil || len(noted) != 1 || noted[0].Subject != client(1) {
			t.Errorf("noted %v, %v", noted, err)
		}
		first, _, err := ledger.Query(t.Context(), ask.Query{Ledger: client(1), Action: event.ActionEpoch})
		if err != nil || len(first) != 1 || first[0].Seq != 304 || first[0].Reason != "rollback" {
			t.Fatalf("began with %v, %v", first, err)
		}
		want := event.EpochChange{Epoch: 2, Former: 1, Size: 304, Root: before.root}
		if mark, err := event.ParseEpochChange(first[0].Subject); err != nil || mark != want {
			t.Errorf("it names %v, %v", mark, err)
		}
	})
}

// TestNoteOutlivesTheOperatorsOwnEpoch: the note waits in the outbox of the operator's
// ledger, whose own epoch begins later.
func TestNoteOutlivesTheOperatorsOwnEpoch(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		restore := backUp(t, db)
		stop := start(t, ledger)
		for n := range 3 {
			mustAppend(t, ledger, db, client(1), read(n))
			mustAppend(t, ledger, db, event.Operator, read(n))
		}
		clients, operators := keptOutside(t, ledger, client(1)), keptOutside(t, ledger, event.Operator)
		stop()
		restore()
		ledger = open(t, config(db))
		beginEpoch(t, ledger, client(1), clients, false)
		beginEpoch(t, ledger, event.Operator, operators, false)
		if err := ledger.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		events := verified2(t, ledger, event.Operator)
		if len(events) != 5 || events[3].Action != event.ActionEpoch || events[4].Subject != client(1) {
			t.Errorf("the operator's ledger is %v", reads(events))
		}
	})
}

// TestEpochOfAnEmptyDatabase: the database is empty, and everything is imported.
func TestEpochOfAnEmptyDatabase(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		restore := backUp(t, db)
		stop := start(t, ledger)
		for n := range 5 {
			mustAppend(t, ledger, db, client(1), read(n))
		}
		grant := read(5)
		grant.ID, grant.Phase, grant.Node = event.NewID(), event.PhaseGrant, "gone.1"
		mustAppend(t, ledger, db, client(1), grant)
		before := keptOutside(t, ledger, client(1))
		stop()
		restore()
		if done := beginEpoch(t, open(t, config(db)), client(1), before, false); done.Imported != 6 || done.Begins != 6 {
			t.Errorf("did %+v", done)
		}
		// An access without an end is open again, until a gateway closes it as unknown.
		var open string
		if err := db.Reader().QueryRowContext(t.Context(), `SELECT event FROM audit_open`).Scan(&open); err != nil || open != grant.ID {
			t.Errorf("%s is open, %v", open, err)
		}
	})
}

// TestEpochAfterFork: a gateway went on after the restore. Its events are set aside and
// recorded again. No event is in the ledger twice, and an access that ended is not ended
// again.
func TestEpochAfterFork(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		grant := read(0)
		grant.ID, grant.Phase, grant.Node = event.NewID(), event.PhaseGrant, "gone.1"
		end := read(0)
		end.ID, end.Phase, end.Grant, end.Node = event.NewID(), event.PhaseCompleted, grant.ID, "gone.1"
		mustAppend(t, ledger, db, client(1), grant)
		stop()
		mustStage(t, ledger, db, client(1), read(1)) // in the backup it is in the outbox, and sequenced in both histories
		restore := backUp(t, db)
		ledger = open(t, config(db))
		stop = start(t, ledger)
		mustAppend(t, ledger, db, client(1), read(2))
		mustAppend(t, ledger, db, client(1), end)
		before := keptOutside(t, ledger, client(1))
		stop()
		restore()

		ledger = open(t, config(db))
		stop = start(t, ledger)
		unknown := end
		unknown.ID, unknown.Phase, unknown.Outcome = event.NewID(), event.PhaseUnknown, event.OutcomeError
		mustAppend(t, ledger, db, client(1), read(11))
		mustAppend(t, ledger, db, client(1), unknown)
		for n := range 300 {
			mustStage(t, ledger, db, client(1), read(12+n))
		}
		mustAppend(t, ledger, db, client(1), read(312))
		mustProve(t, ledger, client(1), 2) // stores a tile of the wrong history
		stop()

		ledger = open(t, config(db))
		if _, err := ledger.BeginEpoch(t.Context(), audit.Beginning{Ledger: client(1), History: before.history()}); !errors.Is(err, audit.ErrDiffers) {
			t.Fatalf("without Differing: %v", err)
		}
		done := beginEpoch(t, ledger, client(1), before, true)
		// One of the database's own events was published too, and one ends an access that
		// has ended.
		if want := (audit.Continuation{Ledger: client(1), Epoch: 2, Begins: 4, Held: 305, Imported: 3, SetAside: 304, RecordedAgain: 302}); done != want {
			t.Errorf("did %+v, want %+v", done, want)
		}
		start(t, ledger)
		mustAppend(t, ledger, db, client(1), read(999))
		mustProve(t, ledger, client(1), 2)
		events := verified2(t, ledger, client(1))
		list := reads(events)
		want := append([]string{"d_0", "d_1", "d_2", "d_0", "*", "d_11"}, func() (rest []string) {
			for n := range 301 {
				rest = append(rest, fmt.Sprintf("d_%d", 12+n))
			}
			return append(rest, "d_999")
		}()...)
		if fmt.Sprint(list) != fmt.Sprint(want) {
			t.Errorf("the ledger is %v", list)
		}
		if e := events[4]; e.Reason != "fork" {
			t.Errorf("it began because of %q", e.Reason)
		}
		var aside, open int
		if err := db.Reader().QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM audit_forked_event), (SELECT COUNT(*) FROM audit_open)`).Scan(&aside, &open); err != nil {
			t.Fatal(err)
		}
		if aside != 304 || open != 0 {
			t.Errorf("%d set aside, %d open", aside, open)
		}
		// Recorded again, or published too, an event has its erasable data.
		for _, document := range []string{"d_1", "d_11"} {
			found, _, err := ledger.Query(t.Context(), ask.Query{Ledger: client(1), Document: document})
			if err != nil || len(found) != 1 || found[0].Private["address"] == "" {
				t.Errorf("%s: found %v, %v", document, found, err)
			}
		}
	})
}

func mustProve(t *testing.T, ledger *audit.Ledger, name string, seq int64) {
	t.Helper()
	tree, err := ledger.Tree(t.Context(), name)
	if err == nil {
		_, err = tree.ProveEvent(t.Context(), seq)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// verified2 is verified for a ledger that is in a later epoch.
func verified2(t *testing.T, ledger *audit.Ledger, name string) []event.Event {
	t.Helper()
	var events []event.Event
	var stored storedHashes
	for row, err := range ledger.Copy(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Parse(row.Leaf)
		if err != nil || e.Seq != int64(len(events)) {
			t.Fatalf("event %d in place %d: %v", e.Seq, len(events), err)
		}
		stored.add(t, e.Seq, row.Leaf)
		events = append(events, e)
	}
	root, err := tlog.TreeHash(int64(len(events)), stored)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := ledger.Tree(t.Context(), name)
	if err != nil || tree.Size() != int64(len(events)) || tree.Root() != root {
		t.Fatalf("the tree is %d %s and the leaves make %d %s: %v", tree.Size(), tree.Root(), len(events), root, err)
	}
	return events
}

// TestHeadThatDeniesEvents: the rows are there, and the head does not cover them.
func TestHeadThatDeniesEvents(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		mustAppend(t, ledger, db, client(1), read(0))
		mustAppend(t, ledger, db, client(1), read(1))
		before := keptOutside(t, ledger, client(1))
		stop()
		execute(t, db, `UPDATE audit_head SET size = 1`)
		if done := beginEpoch(t, open(t, config(db)), client(1), before, false); done.Begins != 2 || done.Imported != 0 {
			t.Errorf("did %+v", done)
		}
	})
}

// TestTamperedHistoryIsNotImported: the published ledger is not trusted either, and a
// failed import leaves nothing.
func TestTamperedHistoryIsNotImported(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		mustAppend(t, ledger, db, client(1), read(0))
		restore := backUp(t, db)
		for n := range 4 {
			mustAppend(t, ledger, db, client(1), read(1+n))
		}
		mustAppend(t, ledger, db, client(2), read(1))
		before, another := keptOutside(t, ledger, client(1)), keptOutside(t, ledger, client(2))
		stop()
		restore()
		ledger = open(t, config(db))
		for name, tamper := range map[string]func(o *outside){
			"edited":           func(o *outside) { o.leaves[2] = bytes.Replace(o.leaves[2], []byte("d_2"), []byte("d_9"), 1) },
			"not an event":     func(o *outside) { o.leaves[2] = []byte("{}") },
			"swapped":          func(o *outside) { o.leaves[2], o.leaves[3] = o.leaves[3], o.leaves[2] },
			"another ledger's": func(o *outside) { o.leaves[1] = another.leaves[0] },
			"truncated":        func(o *outside) { o.leaves = o.leaves[:3] },
			"another ledger":   func(o *outside) { *o = another },
			"another root":     func(o *outside) { o.root[0] ^= 1 },
			"another epoch":    func(o *outside) { o.epoch = 2 },
		} {
			o := outside{leaves: append([][]byte(nil), before.leaves...), epoch: 1, root: before.root}
			tamper(&o)
			_, err := ledger.BeginEpoch(t.Context(), audit.Beginning{Ledger: client(1), History: o.history(), Differing: true})
			if !errors.Is(err, audit.ErrTampered) {
				t.Errorf("%s: %v", name, err)
			}
			if events := verified2(t, ledger, client(1)); len(events) != 1 || ledger.Epoch(client(1)) != 1 {
				t.Errorf("%s: %d events stayed", name, len(events))
			}
		}
	})
}

// TestEpochIsOneTransaction: an import that breaks off leaves nothing, and can be
// repeated.
func TestEpochIsOneTransaction(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		restore := backUp(t, db)
		for n := range 299 {
			mustStage(t, ledger, db, client(1), read(n))
		}
		mustAppend(t, ledger, db, client(1), read(299))
		before := keptOutside(t, ledger, client(1))
		stop()
		restore()
		ledger = open(t, config(db))
		broken := before.history()
		whole := broken.Bundle
		broken.Bundle = func(ctx context.Context, index int64, width int) ([][]byte, error) {
			if index == 1 {
				return nil, context.DeadlineExceeded
			}
			return whole(ctx, index, width)
		}
		if _, err := ledger.BeginEpoch(t.Context(), audit.Beginning{Ledger: client(1), History: broken}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("broken off: %v", err)
		}
		var rows int
		if err := db.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_event`).Scan(&rows); err != nil || rows != 0 {
			t.Errorf("%d events stayed: %v", rows, err)
		}
		if done := beginEpoch(t, ledger, client(1), before, false); done.Imported != 300 {
			t.Errorf("again: %+v", done)
		}
	})
}

func otherKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// TestRotatedKey: every ledger records the new key with the old one's signature, and the
// old key signs no more.
func TestRotatedKey(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		mustAppend(t, ledger, db, client(1), read(0))
		mustAppend(t, ledger, db, client(2), read(0))
		first := ledger.VerifierKey(client(1))
		n, err := ledger.RotateKey(t.Context(), otherKey(2), event.Event{Actor: "system"})
		if err != nil || n != 2 {
			t.Fatalf("%d ledgers, %v", n, err)
		}
		if now := ledger.VerifierKey(client(1)); now == first {
			t.Error("it signs with the old key")
		}
		verified(t, ledger, client(1))
		mustAppend(t, ledger, db, client(3), read(0)) // begins with the new key
		if r := ledger.Rotations(client(3)); len(r) != 0 {
			t.Errorf("a new ledger has had %d keys", len(r))
		}
		for _, key := range []byte{1, 2} {
			if _, err := ledger.RotateKey(t.Context(), otherKey(key), event.Event{}); err == nil {
				t.Errorf("key %d came back", key)
			}
		}
		stop()

		if _, err := audit.Open(t.Context(), config(db)); !errors.Is(err, audit.ErrKey) {
			t.Errorf("opened with the old key: %v", err)
		}
		c := config(db)
		c.Unsigned = true
		if signed, err := open(t, c).Checkpoint(t.Context(), client(1)); err == nil {
			t.Errorf("a process that signs nothing signed %q", signed)
		}
		c.Unsigned = false
		c.Key, c.Former = otherKey(2), []ed25519.PrivateKey{otherKey(1)}
		ledger = open(t, c)
		signed, err := ledger.Checkpoint(t.Context(), client(1))
		if err != nil || bytes.Count(signed, []byte("\n— ")) != 2 {
			t.Errorf("while both sign: %q, %v", signed, err)
		}
		r := ledger.Rotations(client(1))
		if len(r) != 1 || r[0].Seq != 1 || !r[0].Former.Equal(otherKey(1).Public()) || !r[0].Next.Equal(otherKey(2).Public()) ||
			!ed25519.Verify(r[0].Former, []byte(r[0].KeyChange.Statement("ledger.test/"+client(1))), r[0].Signature) {
			t.Errorf("it tells %v", r)
		}
	})
}

// TestControlEventsAreTheLedgersOwn: only the ledger itself records another name or key.
func TestControlEventsAreTheLedgersOwn(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		for _, action := range []event.Action{event.ActionEpoch, event.ActionRekey} {
			e := event.Event{Phase: event.PhaseState, Action: action, Outcome: event.OutcomeAllow}
			if _, err := stage(t.Context(), ledger, db.Writer(), client(1), e); !errors.Is(err, event.ErrInvalid) {
				t.Errorf("%s was staged: %v", action, err)
			}
			if _, err := ledger.Append(t.Context(), client(1), e); !errors.Is(err, event.ErrInvalid) {
				t.Errorf("%s was appended: %v", action, err)
			}
		}
	})
}

func TestPublishedSizeNeverFalls(t *testing.T) {
	each(t, func(t *testing.T, _ *database.DB, ledger *audit.Ledger) {
		for _, size := range []int64{5, 9, 7} {
			if err := ledger.NotePublished(t.Context(), []audit.Published{{Ledger: client(1), Epoch: 2, Size: size}}); err != nil {
				t.Fatal(err)
			}
		}
		for epoch, want := range map[int64]int64{1: 0, 2: 9} {
			if size, err := ledger.PublishedSize(t.Context(), client(1), epoch); err != nil || size != want {
				t.Errorf("epoch %d: %d, %v", epoch, size, err)
			}
		}
	})
}
