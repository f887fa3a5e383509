package audit_test

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// olderTurn sequences events as a version from before postings does, which may run beside this one: it raises turn, goes on from
// the head and moves it, and knows neither former and latest nor posted. Its events name no process unless they do already.
func olderTurn(t *testing.T, db *database.DB, name string, events []event.Event) {
	t.Helper()
	tx, err := db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	execute := func(statement string, args ...any) {
		t.Helper()
		if _, err := tx.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	execute(`UPDATE audit_sequencer SET turn = turn + 1`)
	size, last, frontier := olderHead(t, tx, name)
	for _, e := range events {
		e.Ledger, e.ID, e.Private = name, event.NewID(), nil
		e.Seq, e.Time = size, time.UnixMicro(max(time.Now().UnixMicro(), last)).UTC()
		e.Occurred = e.Time
		leaf, err := e.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		last = e.Time.UnixMicro()
		execute(`INSERT INTO audit_event (ledger, seq, ts, event, action, outcome, reason, actor, contract, provider, batch, document, leaf, phase, kind, bytes)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`, name, size, last, e.ID, string(e.Action), string(e.Outcome),
			e.Reason, e.Actor, e.Contract, e.Provider, e.Batch, e.Document, leaf, string(e.Phase), string(e.Action.Kind()), e.Bytes)
		frontier = frontier.Add(size, leaf)
		size++
	}
	execute(`INSERT INTO audit_head (ledger, size, frontier, last_ts) VALUES ($1, $2, $3, $4) ON CONFLICT (ledger) DO UPDATE
		SET size = excluded.size, frontier = excluded.frontier, last_ts = excluded.last_ts`, name, size, frontier.Bytes(), last)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func olderHead(t *testing.T, tx *sql.Tx, name string) (size, last int64, frontier audit.Frontier) {
	t.Helper()
	var stored []byte
	err := tx.QueryRowContext(t.Context(), `SELECT size, last_ts, frontier FROM audit_head WHERE ledger = $1`, name).Scan(&size, &last, &stored)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	if frontier, err = audit.ParseFrontier(size, stored); err != nil {
		t.Fatal(err)
	}
	return size, last, frontier
}

// An older version writes beside two processes of this one, in turns that fall anywhere between theirs. Whoever took its memory
// for the ledger's end would fail to write there: each turn is taken once, and succeeds. Events have no gap, postings say what
// the events do, and those of the older version are made up for.
func TestAnOlderVersionWritesBeside(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, one *audit.Ledger) {
		newer := []*audit.Ledger{one, open(t, config(db))}
		r := rand.New(rand.NewPCG(1, 2))
		total, olderWrote := 0, 0
		some := func() (events []event.Event) {
			for range 1 + r.IntN(40) {
				events = append(events, read(total))
				total++
			}
			return events
		}
		newerTurn := func() {
			t.Helper()
			ledger := newer[r.IntN(len(newer))]
			for _, e := range some() {
				mustStage(t, ledger, db, client(1), e)
			}
			if err := ledger.Settle(t.Context()); err != nil {
				t.Fatalf("after %d events: %v", total, err)
			}
		}
		for range 60 {
			if r.IntN(3) == 0 {
				events := some()
				olderTurn(t, db, client(1), events)
				olderWrote += len(events)
			} else {
				newerTurn()
			}
		}
		newerTurn() // has the blocks posted that were full before it
		full := int64(total-1) / 64
		newerTurn()
		if blocks, err := (audit.Copier{Database: db.Reader()}).Posted(t.Context(), client(1)); err != nil || blocks < full {
			t.Errorf("%d blocks of %d are posted, %v", blocks, full, err)
		}
		if events := verified(t, one, client(1)); len(events) != total || olderWrote == 0 {
			t.Errorf("the ledger has %d events of %d, %d of the older version", len(events), total, olderWrote)
		}
		if found := derivedProblems(t, db, one, client(1)); len(found) > 0 {
			t.Errorf("verification finds %q", found)
		}
		if n, _, err := one.Count(t.Context(), audit.Query{Ledger: client(1), Batch: "b_1"}); err != nil || n != int64(total) {
			t.Errorf("counted %d of %d, %v", n, total, err)
		}
	})
}

// An older version wrote more than a turn has time to post, and that turn fills a block of its own: it comes after those that are
// left, in a later turn.
func TestAnOlderVersionWroteMuch(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		const older, newer = 70 * 64, 2 * 64
		var events []event.Event
		for n := range older {
			events = append(events, read(n))
		}
		olderTurn(t, db, client(1), events)
		for turn, want := range []int64{64, 74, 76} {
			for n := range newer {
				mustStage(t, ledger, db, client(1), read(n))
			}
			if err := ledger.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if blocks, err := (audit.Copier{Database: db.Reader()}).Posted(t.Context(), client(1)); err != nil || blocks != want {
				t.Errorf("after turn %d %d blocks are posted, want %d, %v", turn, blocks, want, err)
			}
			if found := derivedProblems(t, db, ledger, client(1)); len(found) > 0 {
				t.Errorf("after turn %d verification finds %q", turn, found)
			}
		}
	})
}

// An access from before migration 10 that has not ended, and whose leaf names no process: after the migration it is open, and it is
// closed as those of any other process that is gone.
func TestAnOldAccessOfNoProcess(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		olderTurn(t, db, client(1), []event.Event{read(0), granted(1), granted(2)})
		databasetest.Unguarded(t, db, func() {
			_, err := db.Writer().ExecContext(t.Context(), `UPDATE audit_event SET phase = NULL, kind = NULL, bytes = NULL`)
			if err != nil {
				t.Fatal(err)
			}
		})
		migrate(t, db)
		var running, nodes int
		err := db.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*), COUNT(DISTINCT node) FROM audit_open WHERE node = ''`).Scan(&running, &nodes)
		if err != nil || running != 2 || nodes != 1 {
			t.Errorf("%d accesses are open, of %d processes, %v", running, nodes, err)
		}
		c := config(db)
		c.Heartbeat, c.Lost = 10*time.Millisecond, 20*time.Millisecond
		ledger := open(t, c)
		stop := start(t, ledger)
		until(t, ledger, client(1), event.PhaseUnknown)
		stop()
		events := verified(t, ledger, client(1))
		if len(events) != 5 || events[3].Grant != events[1].ID || events[4].Grant != events[2].ID || events[4].Reason != "node-lost" {
			t.Errorf("closed them by %+v", events[3:])
		}
	})
}
