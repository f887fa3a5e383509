package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// reindexed is the event that records a reindex.
func reindexed(name string) event.Event {
	return event.Event{Phase: event.PhaseState, Action: "audit.reindex", Outcome: event.OutcomeAllow, Actor: "system", Auth: "local", Subject: name}
}

// fullBlocks makes a ledger of some full blocks, and a few events more.
func fullBlocks(t *testing.T, db *database.DB, ledger *audit.Ledger) {
	t.Helper()
	stop := start(t, ledger)
	defer stop()
	for n := range 200 {
		mustStage(t, ledger, db, client(1), read(n))
	}
	mustAppend(t, ledger, db, client(1), read(200))
}

// derivedProblems verifies a ledger with all that the database keeps beside its leaves,
// and gives what is wrong.
func derivedProblems(t *testing.T, db *database.DB, ledger *audit.Ledger, name string) (found []string) {
	t.Helper()
	signed, err := ledger.Checkpoint(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Copy(t.Context(), rowsToVerify(t.Context(), ledger, name), verify.Evidence{Ledger: name,
		Key: ledger.VerifierKey(name), Checkpoint: signed,
		Index: indexToVerify(t, audit.Copier{Database: db.Reader()}, name)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		found = append(found, fmt.Sprintf("%s: %s", p.Kind, p.Detail))
	}
	return found
}

// tamperWith changes rows with the rights of the tables' owner, and leaves the triggers
// as they were.
func tamperWith(t *testing.T, db *database.DB, statement string, args ...any) {
	t.Helper()
	databasetest.WithTriggersDown(t, db, func() {
		if _, err := db.Writer().ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	})
}

// onlyIndex says whether the index rows are wrong, and nothing else.
func onlyIndex(problems []string) bool {
	return len(problems) > 0 && !slices.ContainsFunc(problems, func(p string) bool { return !strings.HasPrefix(p, "index: ") })
}

// Verification finds wrong index rows, and a reindex builds them again. Then verification
// finds nothing, every question is answered as before, the triggers are up, and the
// reindex is recorded. A running process goes on.
func TestReindex(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fullBlocks(t, db, ledger)
		asked := func() (found [][]int64) {
			t.Helper()
			for _, q := range []ask.Query{{Actor: "p_1"}, {Document: "d_70"}, {Outcome: event.OutcomeAllow}, {Batch: "b_1", Actor: "p_2"}} {
				q.Ledger, q.Limit = client(1), ask.MaxPage
				events, _, err := ledger.Query(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				seqs := []int64{}
				for _, e := range events {
					seqs = append(seqs, e.Seq)
				}
				n, _, err := ledger.Count(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, append(seqs, n))
			}
			return found
		}
		right := asked()
		c := config(db)
		c.Poll, c.Heartbeat = time.Hour, time.Hour // it runs no round on its own
		working := open(t, c)                      // runs all the time
		stop := start(t, working)
		mustAppend(t, working, db, client(2), read(0))
		times := 0
		for _, tampering := range []struct {
			statement string
			unseen    bool // by verification
		}{
			{`UPDATE audit_index SET bits = 1 WHERE field = 6 AND block = 1`, false},
			{`DELETE FROM audit_index WHERE field = 14`, false},
			{`INSERT INTO audit_index (ledger, field, value, block, bits) VALUES ('` + client(1) + `', 4, 'deny', 2, 5)`, false},
			{`UPDATE audit_head SET indexed = indexed + 1 WHERE ledger = '` + client(1) + `'`, false},
			// Fewer blocks are indexed; and one index row is there before its block is
			// full, in the way of the one that belongs there.
			{`UPDATE audit_head SET indexed = indexed - 1 WHERE ledger = '` + client(1) + `'`, true},
			{`INSERT INTO audit_index (ledger, field, value, block, bits) VALUES ('` + client(1) + `', 1, 'document.read', 3, 1)`, true},
		} {
			tamperWith(t, db, tampering.statement)
			if found := derivedProblems(t, db, ledger, client(1)); !onlyIndex(found) && !tampering.unseen {
				t.Errorf("%s: verification finds %q", tampering.statement, found)
			}
			done, err := ledger.Reindex(t.Context(), client(1), reindexed(client(1)))
			if want := (audit.Reindexed{Ledger: client(1), Events: 201, Blocks: 3}); err != nil || done != want {
				t.Fatalf("%s: %+v, %v", tampering.statement, done, err)
			}
			if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
				t.Errorf("%s: while there is no index: %q", tampering.statement, found)
			}
			if diff := cmp.Diff(right, asked()); diff != "" {
				t.Errorf("%s: while there is no index: -before +after:\n%s", tampering.statement, diff)
			}
			if err := ledger.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if blocks, err := (audit.Copier{Database: db.Reader()}).Indexed(t.Context(), client(1)); err != nil || blocks != 3 {
				t.Errorf("%s: %d blocks are indexed again, %v", tampering.statement, blocks, err)
			}
			times++
			if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
				t.Errorf("%s: after it: %q", tampering.statement, found)
			}
			if diff := cmp.Diff(right, asked()); diff != "" {
				t.Errorf("%s: -before +after:\n%s", tampering.statement, diff)
			}
		}
		for _, statement := range []string{`UPDATE audit_index SET bits = 0`, `DELETE FROM audit_index`, `DELETE FROM audit_event`} {
			if _, err := db.Writer().ExecContext(t.Context(), statement); err == nil {
				t.Errorf("afterwards allowed: %s", statement)
			}
		}

		for n := range 200 {
			mustStage(t, working, db, client(1), read(201+n))
		}
		if seq := mustAppend(t, working, db, client(1), read(401)); seq != 401 {
			t.Errorf("goes on with event %d", seq)
		}
		stop()
		if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
			t.Errorf("going on: %q", found)
		}
		noted := verified(t, ledger, event.Operator)
		if len(noted) != times || noted[0].Action != "audit.reindex" || noted[0].Actor != "system" || noted[0].Subject != client(1) {
			t.Errorf("of %d times the operator's ledger holds %+v", times, noted)
		}
	})
}

// When the leaves are not those that the head covers, a reindex is refused and nothing is
// changed.
func TestReindexRefusesOtherLeaves(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fullBlocks(t, db, ledger)
		stored, err := ledger.Stored(t.Context(), client(1), []int64{8})
		if err != nil {
			t.Fatal(err)
		}
		other := stored[0].Event
		other.Private, other.Action = nil, "batch.read"
		edited, err := other.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		tamperWith(t, db, `UPDATE audit_index SET bits = 1 WHERE field = 6`)
		restore := backUp(t, db)
		state := func() (list []string) {
			t.Helper()
			for _, of := range []string{`SELECT round FROM audit_sequencer`, `SELECT COUNT(*) FROM audit_outbox`, `SELECT COUNT(*) FROM audit_index`,
				`SELECT COUNT(*) FROM audit_index WHERE bits = 1`, `SELECT MAX(indexed) FROM audit_head`} {
				var n string
				if err := db.Reader().QueryRowContext(t.Context(), of).Scan(&n); err != nil {
					t.Fatal(err)
				}
				list = append(list, of+" = "+n)
			}
			return list
		}
		const insert = `INSERT INTO audit_event (ledger, seq, ts, event, action, outcome, leaf, phase, kind, bytes)
			SELECT ledger, $1, ts, event, action, outcome, leaf, phase, kind, bytes FROM audit_event WHERE seq = 8`
		for name, tampering := range map[string]struct {
			statement string
			args      []any
			says      string
		}{
			"edited into no event":    {`UPDATE audit_event SET leaf = $1 WHERE seq = 8`, []any{[]byte(`{"v":1}`)}, "event 8 of"},
			"edited into another one": {`UPDATE audit_event SET leaf = $1 WHERE seq = 8`, []any{edited}, "not over the 201"},
			"of another place":        {`UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 9) WHERE seq = 8`, nil, "event 8 of"},
			"the last one edited":     {`UPDATE audit_event SET leaf = $1 WHERE seq = 200`, []any{edited}, "event 200 of"},
			"missing":                 {`DELETE FROM audit_event WHERE seq = 8`, nil, "is missing"},
			"the last ones missing":   {`DELETE FROM audit_event WHERE seq > 100`, nil, "not over the 101"},
			"beyond the head":         {insert, []any{201}, "event 201 of"},
			"before the first":        {insert, []any{-1}, "event -1 of"},
			"the head of others":      {`UPDATE audit_head SET compact_range = $1`, []any{make([]byte, 4*32)}, "not over the 201"},
			"the head is none":        {`UPDATE audit_head SET size = -1`, nil, "leaves"},
		} {
			tamperWith(t, db, tampering.statement, tampering.args...)
			before := state()
			if _, err := ledger.Reindex(t.Context(), client(1), reindexed(client(1))); !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), tampering.says) {
				t.Errorf("%s: %v", name, err)
			}
			if diff := cmp.Diff(before, state()); diff != "" {
				t.Errorf("%s: -before +after:\n%s", name, diff)
			}
			if _, err := db.Writer().ExecContext(t.Context(), `DELETE FROM audit_index`); err == nil {
				t.Fatalf("%s: afterwards postings can be deleted", name)
			}
			restore()
		}
		if _, err := ledger.Reindex(t.Context(), client(2), reindexed(client(2))); !errors.Is(err, audit.ErrAbsent) {
			t.Errorf("a ledger that there is not: %v", err)
		}
		if _, err := ledger.Reindex(t.Context(), client(1), reindexed(client(1))); err != nil {
			t.Errorf("with the leaves as they were: %v", err)
		}
	})
}

// Halted ledgers resume only when verification finds nothing wrong. So a reindex works
// while they are halted, and they stay halted. Its event waits in the outbox.
func TestReindexWhileHalted(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fullBlocks(t, db, ledger)
		tamperWith(t, db, `DELETE FROM audit_index WHERE field = 1`)
		ledger.Halt(errors.New("two histories"))
		if _, err := ledger.Reindex(t.Context(), client(1), reindexed(client(1))); err != nil {
			t.Fatal(err)
		}
		if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
			t.Errorf("indexed again: %q", found)
		}
		again := open(t, config(db))
		if reason, err := again.LookHalted(t.Context()); err != nil || reason == nil {
			t.Errorf("halted: %v, %v", reason, err)
		}
		if _, err := again.Resume(t.Context(), resumed()); err != nil {
			t.Fatal(err)
		}
		again = open(t, config(db))
		if err := again.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if noted := verified(t, again, event.Operator); len(noted) != 2 || noted[0].Action != "audit.reindex" {
			t.Errorf("the operator's ledger holds %+v", noted)
		}
	})
}

// A running process builds a dropped index at its heartbeat, also when no event comes to
// the ledger.
func TestAHeartbeatBuildsTheIndex(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fullBlocks(t, db, ledger)
		if _, err := ledger.Reindex(t.Context(), client(1), reindexed(client(1))); err != nil {
			t.Fatal(err)
		}
		c := config(db)
		c.Heartbeat, c.Poll = 10*time.Millisecond, time.Hour
		start(t, open(t, c))
		var blocks int64
		for deadline := time.Now().Add(patience); blocks < 3 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			var err error
			if blocks, err = (audit.Copier{Database: db.Reader()}).Indexed(t.Context(), client(1)); err != nil {
				t.Fatal(err)
			}
		}
		if found := derivedProblems(t, db, ledger, client(1)); blocks != 3 || len(found) > 0 {
			t.Errorf("%d blocks are indexed, and verification finds %q", blocks, found)
		}
	})
}

// A process that does not run builds the whole index, although an act that waits no more
// has asked for a round.
func TestSettleBuildsTheIndexAfterAnActHasWaited(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fullBlocks(t, db, ledger)
		if _, err := ledger.Reindex(t.Context(), client(1), reindexed(client(1))); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := ledger.Wait(gone, mustStage(t, ledger, db, client(2), read(0))); err == nil {
			t.Fatal("an act is answered, and nothing runs")
		}
		if err := ledger.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
			t.Errorf("verification finds %q", found)
		}
		blocks, err := (audit.Copier{Database: db.Reader()}).Indexed(t.Context(), client(1))
		if err != nil || blocks != 3 {
			t.Errorf("%d blocks are indexed, %v", blocks, err)
		}
	})
}
