package audit_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// eachFaulty runs f on both engines. The sequencer writes and looks up through pools that
// fail as the faults say; acts commit through a sound one.
func eachFaulty(t *testing.T, f func(t *testing.T, db *database.DB, c audit.Config, writes, reads *faults)) {
	t.Helper()
	run := func(t *testing.T, dbConfig database.Config, dsn string) {
		db := databasetest.Open(t, dbConfig)
		migrate(t, db)
		c := config(db)
		var writes, reads faults
		c.Writer = openFaulty(t, db.Writer().Driver(), dsn, &writes)
		c.Reader = openFaulty(t, db.Reader().Driver(), dsn, &reads)
		f(t, db, c, &writes, &reads)
	}
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ledger.db")
		run(t, database.Config{SQLite: path}, "file:"+path+"?_busy_timeout=60000&_synchronous=FULL&_txlock=immediate")
	})
	t.Run("postgresql", func(t *testing.T) {
		dsn := databasetest.PostgreSQLDSN(t)
		run(t, database.Config{PostgreSQL: dsn}, dsn)
	})
}

// After a commit that fails and stores nothing, the event is still in the outbox, and the
// next round takes it.
func TestCommitFailsAndIsNotStored(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, _ *faults) {
		writes.refuseCommits.Store(2)
		ledger := open(t, c)
		ticket := mustStage(t, ledger, db, client(1), read(1))
		start(t, ledger)
		if seq, err := ledger.Wait(t.Context(), ticket); err != nil || seq != 0 {
			t.Errorf("Wait = %d, %v; want 0", seq, err)
		}
		if left := writes.refuseCommits.Load(); left != 0 {
			t.Errorf("%d faults were not met", left)
		}
		onlyEvent(t, ledger, ticket)
	})
}

// After a commit that fails and is stored all the same, the event is looked up and not
// sequenced again.
func TestCommitFailsAndIsStored(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, _ *faults) {
		writes.loseCommits.Store(1)
		ledger := open(t, c)
		ticket := mustStage(t, ledger, db, client(1), read(1))
		start(t, ledger)
		if seq, err := ledger.Wait(t.Context(), ticket); err != nil || seq != 0 {
			t.Errorf("Wait = %d, %v; want 0", seq, err)
		}
		if left := writes.loseCommits.Load(); left != 0 {
			t.Errorf("%d faults were not met", left)
		}
		onlyEvent(t, ledger, ticket)
	})
}

// While nothing can be committed or looked up, no call learns that an event is durable.
// Once the database is back, the event is there once.
func TestNoAcknowledgementWithoutKnowledge(t *testing.T) {
	needs.Parallel(t)
	for name, fail := range map[string]func(writes, reads *faults){
		"nothing is stored": func(writes, _ *faults) { writes.refuseCommits.Store(1 << 30) },
		"stored, not known": func(writes, reads *faults) {
			writes.loseCommits.Store(1 << 30)
			reads.refuseReads.Store(true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, reads *faults) {
				c.WaitTimeout = 150 * time.Millisecond
				ledger := open(t, c)
				fail(writes, reads)
				ticket := mustStage(t, ledger, db, client(1), read(1))
				stop := start(t, ledger)
				if seq, err := ledger.Wait(t.Context(), ticket); !errors.Is(err, audit.ErrUnavailable) {
					t.Errorf("Wait = %d, %v; want ErrUnavailable", seq, err)
				}
				stop()

				sound := open(t, config(db))
				start(t, sound)
				if seq, err := sound.Wait(t.Context(), ticket); err != nil || seq != 0 {
					t.Errorf("afterwards Wait = %d, %v; want 0", seq, err)
				}
				onlyEvent(t, sound, ticket)
			})
		})
	}
}

// An appended event whose commit has an unknown outcome gets one attempt. It is
// acknowledged when a look-up finds it, and never recorded twice.
func TestAppendWithUnknownOutcome(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, _ *faults) {
		ledger := open(t, c)
		c.WaitTimeout = 150 * time.Millisecond
		impatient := open(t, c)
		stop := start(t, impatient)
		writes.refuseCommits.Store(1)
		if seq, err := impatient.Append(t.Context(), client(1), read(1)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("not stored: Append = %d, %v; want ErrUnavailable", seq, err)
		}
		stop()
		writes.refuseCommits.Store(0)

		start(t, ledger)
		writes.loseCommits.Store(1)
		if seq, err := ledger.Append(t.Context(), client(1), read(2)); err != nil || seq != 0 {
			t.Errorf("stored: Append = %d, %v; want 0", seq, err)
		}
		if events := verified(t, ledger, client(1)); len(events) != 1 || events[0].Document != "d_2" {
			t.Errorf("the ledger holds %d events, want only the second", len(events))
		}
	})
}

func onlyEvent(t *testing.T, ledger *audit.Ledger, ticket audit.Ticket) {
	t.Helper()
	events := verified(t, ledger, ticket.Ledger)
	if len(events) != 1 || events[0].ID != ticket.Event {
		t.Errorf("the ledger holds %d events, want only %s", len(events), ticket.Event)
	}
}
