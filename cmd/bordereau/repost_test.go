package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// TestRepostedLedger: somebody changes what events are found by; it is verified, refused while a gateway runs, made again,
// verified, recorded and published.
func TestRepostedLedger(t *testing.T) {
	onEachEngine(t, func(t *testing.T, c config.Config) {
		in := opened(t, c)
		err := in.during(t.Context(), func(ctx context.Context) error {
			for range 70 {
				if _, err := in.gateway.LocalAsk(ctx, event.Operator, gateway.LedgerQuestion{}); err != nil {
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
			report, err := in.verify(t.Context(), event.Operator, nil)
			if err != nil {
				t.Fatal(err)
			}
			return report.Problems
		}
		databasetest.Unguarded(t, in.database, func() { change(t, in.database, `DELETE FROM audit_posting WHERE field = 4`) })
		if found := wrong(); len(found) != 1 || found[0].Kind != verify.KindPosting {
			t.Errorf("verification finds %v", found)
		}

		running := opened(t, c)
		err = running.during(t.Context(), func(ctx context.Context) error {
			if err := repostLedgers(ctx, c, repost{}, io.Discard); !errors.Is(err, database.ErrInUse) {
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
		if err := repostLedgers(t.Context(), c, repost{json: true, ledgers: []string{event.Operator}}, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), `{"ledger":"operator","events":7`) || !strings.HasSuffix(out.String(), `,"blocks":1}`+"\n") {
			t.Errorf("printed %s", out.String())
		}
		if found := wrong(); len(found) > 0 {
			t.Errorf("after it verification finds %v", found)
		}
		last := asked(t, opened(t, c))[1]
		if last.Action != "audit.repost" || last.Actor != "system" || last.Subject != event.Operator {
			t.Errorf("recorded %+v", last)
		}

		// A ledger with another leaf is refused, and nothing of it is changed.
		databasetest.Unguarded(t, in.database, func() {
			change(t, in.database, `UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 4) WHERE seq = 3`)
			change(t, in.database, `DELETE FROM audit_posting WHERE field = 4`)
		})
		before := wrong()
		out.Reset()
		if err := repostLedgers(t.Context(), c, repost{}, &out); !errors.Is(err, audit.ErrTampered) {
			t.Errorf("with another leaf: %v", err)
		}
		if found := wrong(); len(found) != len(before) || !strings.Contains(found[len(found)-1].Detail, "outcome") {
			t.Errorf("with another leaf verification finds %v", found)
		}
	})
}
