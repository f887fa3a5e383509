package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/installation"
)

// onEachEngine runs f on an installation of each engine.
func onEachEngine(t *testing.T, f func(t *testing.T, c config.Config)) {
	t.Helper()
	for engine, setUp := range map[string]func(t *testing.T, c *config.Config){
		"sqlite": func(*testing.T, *config.Config) {},
		"postgresql": func(t *testing.T, c *config.Config) {
			c.Database.Engine, c.Database.URL = config.PostgreSQL, config.NewSecret(databasetest.PostgreSQLDSN(t))
		},
	} {
		t.Run(engine, func(t *testing.T) {
			c := config.Default()
			setUp(t, &c)
			c.PublicURL, c.DataDir = "http://127.0.0.1:1", t.TempDir()
			c = c.Resolve(c.DataDir)
			if err := makeKeys(c.Keys, io.Discard); err != nil {
				t.Fatal(err)
			}
			if err := makeOperator(t.Context(), c, gateway.First{Organisation: "Operator", Country: "FR", Person: "Olga"}, io.Discard); err != nil {
				t.Fatal(err)
			}
			f(t, c)
		})
	}
}

// opened opens the installation until the test ends.
func opened(t *testing.T, c config.Config) *installation.Installation {
	t.Helper()
	in, err := open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

// asked asks the operator's ledger a question, which the ledger records.
func asked(t *testing.T, in *installation.Installation) []event.Event {
	t.Helper()
	var found []event.Event
	err := in.WithServices(t.Context(), func(ctx context.Context) error {
		answer, err := in.Gateway.LocalAsk(ctx, event.Operator, gateway.LedgerQuestion{Query: gateway.EventQuery{Limit: 100}})
		found = answer.Events
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// ledgerTables are copied and put back, as in a backup and its restore.
var ledgerTables = []string{"audit_sequencer", "audit_outbox", "audit_head", "audit_event", "audit_tile", "audit_open", "audit_control_event", "audit_forked_event", "audit_published", "audit_index"}

func backUpLedgers(t *testing.T, in *installation.Installation) (restore func()) {
	t.Helper()
	each := func(statements ...string) {
		for _, table := range ledgerTables {
			for _, statement := range statements {
				if _, err := in.Database.Writer().ExecContext(t.Context(), strings.ReplaceAll(statement, "$", table)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	each(`CREATE TABLE copy_of_$ AS SELECT * FROM $`)
	return func() {
		databasetest.WithTriggersDown(t, in.Database, func() { each(`DELETE FROM $`, `INSERT INTO $ SELECT * FROM copy_of_$`) })
	}
}

// TestNewEpochAndNewKey: publish, restore, be refused, begin an epoch, go on, replace the
// key, go on; all is proven.
func TestNewEpochAndNewKey(t *testing.T) {
	needs.Parallel(t)
	onEachEngine(t, func(t *testing.T, c config.Config) {
		in := opened(t, c)
		restore := backUpLedgers(t, in)
		asked(t, opened(t, c))
		before := asked(t, opened(t, c))
		key := in.Ledger.VerifierKey(event.Operator)
		restore()

		in = opened(t, c)
		if err := in.WithServices(t.Context(), func(context.Context) error { return nil }); err == nil || !strings.Contains(err.Error(), "new-epoch") {
			t.Fatalf("after a restore: %v", err)
		}
		err := in.Exclusively(t.Context(), func(ctx context.Context) error { return beginEpochs(ctx, in, newEpoch{confirm: true}, io.Discard) })
		if err != nil {
			t.Fatal(err)
		}
		after := asked(t, opened(t, c))
		if n := len(before); len(after) != n+2 || after[2].ID != before[0].ID || after[1].Action != event.ActionEpoch {
			t.Errorf("%d events, %d before; the epoch began with %v", len(after), n, after[1])
		}

		if _, err := rotateLedgerKey(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		in = opened(t, c)
		asked(t, in)
		report, err := verifyLedger(t.Context(), in, event.Operator, nil)
		if err != nil || !report.OK() || report.Older < 2 {
			t.Errorf("verified: %+v, %v", report, err)
		}
		var out strings.Builder
		if err := verifyTiles(t.Context(), tilesFlags{place: c.Ledger.Publish.Dir}, []string{key}, nil, false, &out); err != nil {
			t.Errorf("published: %s, %v", out.String(), err)
		}
	})
}

// TestNothingElseMayRun: commands that change names and keys of ledgers are refused while
// another process works on the database.
func TestNothingElseMayRun(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c config.Config) {
		running, other := opened(t, c), opened(t, c)
		err := running.WithServices(t.Context(), func(ctx context.Context) error {
			if err := other.Exclusively(ctx, func(context.Context) error { return nil }); !errors.Is(err, database.ErrInUse) {
				t.Errorf("while a gateway runs: %v", err)
			}
			if _, err := rotateLedgerKey(ctx, c); !errors.Is(err, database.ErrInUse) {
				t.Errorf("rotating while a gateway runs: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = other.Exclusively(t.Context(), func(ctx context.Context) error {
			if err := running.WithServices(ctx, func(context.Context) error { return nil }); !errors.Is(err, database.ErrInUse) {
				t.Errorf("while another command is alone: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestEpochIsPublishedAfterAll: a command dies between the epoch and its publication. The
// next process publishes it first.
func TestEpochIsPublishedAfterAll(t *testing.T) {
	needs.Parallel(t)
	t.Run("run again", func(t *testing.T) { testUnpublishedEpoch(t, true) })
	t.Run("served", func(t *testing.T) { testUnpublishedEpoch(t, false) })
}

func testUnpublishedEpoch(t *testing.T, again bool) {
	onEachEngine(t, func(t *testing.T, c config.Config) {
		in := opened(t, c)
		restore := backUpLedgers(t, in)
		asked(t, in)
		restore()
		in = opened(t, c)
		if _, err := in.Publisher.Differences(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := beginEpoch(t.Context(), in, newEpoch{}, event.Operator)
		if err != nil {
			t.Fatal(err)
		}
		in = opened(t, c)
		if again {
			err = beginEpochs(t.Context(), in, newEpoch{confirm: true}, io.Discard)
		} else {
			err = in.WithServices(t.Context(), func(ctx context.Context) error { // the publisher's own first round comes later
				if notes, err := in.Publisher.Checkpoints(ctx, event.Operator); err != nil || len(notes) != 2 {
					t.Errorf("%d epochs are published before anything is served, %v", len(notes), err)
				}
				return nil
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		if notes, err := in.Publisher.Checkpoints(t.Context(), event.Operator); err != nil || len(notes) != 2 {
			t.Errorf("%d epochs are published, %v", len(notes), err)
		}
	})
}
