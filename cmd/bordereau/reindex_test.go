package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// TestReindexedLedger: a person changes the index. The ledger is verified, the command is
// refused while a gateway runs, the index is built again, verified, recorded and
// published.
func TestReindexedLedger(t *testing.T) {
	needs.Parallel(t)
	onEachEngine(t, func(t *testing.T, c config.Config) {
		in := opened(t, c)
		err := in.WithServices(t.Context(), func(ctx context.Context) error {
			for range 70 {
				if _, err := in.Gateway.LocalAsk(ctx, event.Operator, gateway.LedgerQuestion{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		wrong := func() []verify.Problem {
			t.Helper()
			report, err := verifyLedger(t.Context(), in, event.Operator, nil)
			if err != nil {
				t.Fatal(err)
			}
			return report.Problems
		}
		databasetest.WithTriggersDown(t, in.Database, func() { change(t, in.Database, `DELETE FROM audit_index WHERE field = 4`) })
		if found := wrong(); len(found) != 1 || found[0].Kind != verify.KindIndex {
			t.Errorf("verification finds %v", found)
		}

		running := opened(t, c)
		err = running.WithServices(t.Context(), func(ctx context.Context) error {
			if err := reindexLedgers(ctx, c, reindex{}, io.Discard); !errors.Is(err, database.ErrInUse) {
				t.Errorf("while a gateway runs: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found := wrong(); len(found) != 1 {
			t.Errorf("after it was refused verification finds %v", found)
		}

		var out strings.Builder
		if err := reindexLedgers(t.Context(), c, reindex{json: true, ledgers: []string{event.Operator}}, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), `{"ledger":"operator","events":7`) || !strings.HasSuffix(out.String(), `,"blocks":1}`+"\n") {
			t.Errorf("printed %s", out.String())
		}
		if found := wrong(); len(found) > 0 {
			t.Errorf("after it verification finds %v", found)
		}
		// It is recorded and published before the command ends.
		found, _, err := in.Ledger.Query(t.Context(), ask.Query{Ledger: event.Operator, Limit: 1})
		if err != nil || found[0].Action != "audit.reindex" || found[0].Actor != "system" || found[0].Subject != event.Operator {
			t.Errorf("recorded %+v, %v", found, err)
		}
		if size, err := in.Ledger.PublishedSize(t.Context(), event.Operator, 1); err != nil || size != found[0].Seq+1 {
			t.Errorf("%d events are published, %v", size, err)
		}
	})
}

// TestReindexRefusedForOne: of two ledgers the first has an event too many. It is
// refused, and the index of the other one is built again.
func TestReindexRefusedForOne(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c config.Config) {
		in, other := opened(t, c), "o_"+strings.Repeat("a", 26)
		err := in.WithServices(t.Context(), func(ctx context.Context) error {
			_, err := in.Ledger.Append(ctx, other, event.Event{Phase: event.PhaseState, Action: "document.read", Outcome: event.OutcomeAllow, Actor: "p_1"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		change(t, in.Database, `INSERT INTO audit_event (ledger, seq, ts, event, action, outcome, leaf, phase, kind, bytes)
			SELECT ledger, 1, ts, event, action, outcome, leaf, phase, kind, bytes FROM audit_event WHERE ledger = $1`, other)
		var out strings.Builder
		err = reindexLedgers(t.Context(), c, reindex{json: true}, &out)
		if !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), "event 1 of "+other) {
			t.Errorf("refused: %v", err)
		}
		if !strings.HasPrefix(out.String(), `{"ledger":"operator",`) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("printed %s", out.String())
		}
	})
}
