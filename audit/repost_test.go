package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// reposted is the event of posting a ledger again.
func reposted(name string) event.Event {
	return event.Event{Phase: event.PhaseState, Action: "audit.repost", Outcome: event.OutcomeAllow, Actor: "system", Auth: "local", Subject: name}
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

// derivedProblems verifies a ledger with all that the database keeps beside its leaves, and gives what is wrong.
func derivedProblems(t *testing.T, db *database.DB, ledger *audit.Ledger, name string) (found []string) {
	t.Helper()
	copier := audit.Copier{Database: db.Reader()}
	blocks, err := copier.Posted(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := ledger.Checkpoint(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Copy(t.Context(), rowsToVerify(t.Context(), ledger, name), verify.Evidence{Ledger: name,
		Key: ledger.VerifierKey(name), Checkpoint: signed,
		Postings: &verify.Postings{Blocks: blocks, All: func(yield func(verify.Posting, error) bool) {
			for p, err := range copier.Postings(t.Context(), name) {
				if !yield(verify.Posting(p), err) {
					return
				}
			}
		}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		found = append(found, fmt.Sprintf("%s: %s", p.Kind, p.Detail))
	}
	return found
}

// tamperWith changes rows as whoever owns the tables can, and leaves the guards as they were.
func tamperWith(t *testing.T, db *database.DB, statement string, args ...any) {
	t.Helper()
	databasetest.Unguarded(t, db, func() {
		if _, err := db.Writer().ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	})
}

// onlyPosting says whether what is wrong is the postings, and something is.
func onlyPosting(problems []string) bool {
	return len(problems) > 0 && !slices.ContainsFunc(problems, func(p string) bool { return !strings.HasPrefix(p, "posting: ") })
}

// Postings that say something else are found out, and made again: then verification finds nothing, every question is answered as
// before, the guards are up, and it is recorded. A process that worked on the ledgers before goes on.
func TestRepost(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fullBlocks(t, db, ledger)
		asked := func() (found [][]int64) {
			t.Helper()
			for _, q := range []audit.Query{{Actor: "p_1"}, {Document: "d_70"}, {Outcome: event.OutcomeAllow}, {Batch: "b_1", Actor: "p_2"}} {
				q.Ledger, q.Limit = client(1), audit.MaxPage
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
		c.Poll, c.Heartbeat = time.Hour, time.Hour // it takes no turn of its own accord
		working := open(t, c)                      // remembers where the ledger ends
		stop := start(t, working)
		mustAppend(t, working, db, client(2), read(0))
		times := 0
		for _, tampering := range []struct {
			statement string
			unseen    bool // by verification
		}{
			{`UPDATE audit_posting SET bits = 1 WHERE field = 6 AND block = 1`, false},
			{`DELETE FROM audit_posting WHERE field = 14`, false},
			{`INSERT INTO audit_posting (ledger, field, value, block, bits) VALUES ('` + client(1) + `', 4, 'deny', 2, 5)`, false},
			{`UPDATE audit_head SET posted = posted + 1 WHERE ledger = '` + client(1) + `'`, false},
			// Fewer blocks are posted; and one posting is there before its block is full, in the way of the
			// one that belongs there.
			{`UPDATE audit_head SET posted = posted - 1 WHERE ledger = '` + client(1) + `'`, true},
			{`INSERT INTO audit_posting (ledger, field, value, block, bits) VALUES ('` + client(1) + `', 1, 'document.read', 3, 1)`, true},
		} {
			tamperWith(t, db, tampering.statement)
			if found := derivedProblems(t, db, ledger, client(1)); !onlyPosting(found) && !tampering.unseen {
				t.Errorf("%s: verification finds %q", tampering.statement, found)
			}
			done, err := ledger.Repost(t.Context(), client(1), reposted(client(1)))
			if want := (audit.Reposted{Ledger: client(1), Events: 201, Blocks: 3}); err != nil || done != want {
				t.Fatalf("%s: %+v, %v", tampering.statement, done, err)
			}
			times++
			var latest int64
			if err := db.Reader().QueryRowContext(t.Context(), `SELECT latest FROM audit_sequencer`).Scan(&latest); err != nil || latest != 0 {
				t.Errorf("%s: a memory of turn %d is gone by, %v", tampering.statement, latest, err)
			}
			if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
				t.Errorf("%s: after it: %q", tampering.statement, found)
			}
			if diff := cmp.Diff(right, asked()); diff != "" {
				t.Errorf("%s: -before +after:\n%s", tampering.statement, diff)
			}
		}
		for _, statement := range []string{`UPDATE audit_posting SET bits = 0`, `DELETE FROM audit_posting`, `DELETE FROM audit_event`} {
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
		if len(noted) != times || noted[0].Action != "audit.repost" || noted[0].Actor != "system" || noted[0].Subject != client(1) {
			t.Errorf("of %d times the operator's ledger holds %+v", times, noted)
		}
	})
}

// Where the leaves are not those that the ledger goes on from, it is not the postings that are wrong: nothing is changed.
func TestRepostRefusesOtherLeaves(t *testing.T) {
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
		tamperWith(t, db, `UPDATE audit_posting SET bits = 1 WHERE field = 6`)
		restore := backUp(t, db)
		state := func() (list []string) {
			t.Helper()
			for _, of := range []string{`SELECT turn FROM audit_sequencer`, `SELECT COUNT(*) FROM audit_stage`, `SELECT COUNT(*) FROM audit_posting`,
				`SELECT COUNT(*) FROM audit_posting WHERE bits = 1`, `SELECT MAX(posted) FROM audit_head`} {
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
			"the head of others":      {`UPDATE audit_head SET frontier = $1`, []any{make([]byte, 4*32)}, "not over the 201"},
			"the head is none":        {`UPDATE audit_head SET size = -1`, nil, "leaves"},
		} {
			tamperWith(t, db, tampering.statement, tampering.args...)
			before := state()
			if _, err := ledger.Repost(t.Context(), client(1), reposted(client(1))); !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), tampering.says) {
				t.Errorf("%s: %v", name, err)
			}
			if diff := cmp.Diff(before, state()); diff != "" {
				t.Errorf("%s: -before +after:\n%s", name, diff)
			}
			if _, err := db.Writer().ExecContext(t.Context(), `DELETE FROM audit_posting`); err == nil {
				t.Fatalf("%s: afterwards postings can be deleted", name)
			}
			restore()
		}
		if _, err := ledger.Repost(t.Context(), client(2), reposted(client(2))); !errors.Is(err, audit.ErrAbsent) {
			t.Errorf("a ledger that there is not: %v", err)
		}
		if _, err := ledger.Repost(t.Context(), client(1), reposted(client(1))); err != nil {
			t.Errorf("with the leaves as they were: %v", err)
		}
	})
}

// Halted ledgers do not go on before verification finds nothing wrong: so they are posted again while they are halted, and stay
// so. The event waits with what acts had staged.
func TestRepostWhileHalted(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fullBlocks(t, db, ledger)
		tamperWith(t, db, `DELETE FROM audit_posting WHERE field = 1`)
		ledger.Halt(errors.New("two histories"))
		if _, err := ledger.Repost(t.Context(), client(1), reposted(client(1))); err != nil {
			t.Fatal(err)
		}
		if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
			t.Errorf("posted again: %q", found)
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
		if noted := verified(t, again, event.Operator); len(noted) != 2 || noted[0].Action != "audit.repost" {
			t.Errorf("the operator's ledger holds %+v", noted)
		}
	})
}
