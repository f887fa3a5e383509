package gateway_test

import (
	"errors"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// The database dies between the act of asking and the answer, which the ledger reads past the gateway's transactions: that
// is for trying again, and no fault of anybody's.
func TestTheLedgersReadingsAreUnavailableToo(t *testing.T) {
	server := databasetest.NewServer(t)
	h := gatewaytest.New(t, gatewaytest.Config{Database: databasetest.Open(t, database.Config{PostgreSQL: server.DSN(t)})})
	var group errgroup.Group
	for range audit.MaxPage + 1 {
		group.Go(func() error {
			_, err := h.Ledger.Append(t.Context(), event.Operator, event.Event{Phase: event.PhaseState, Action: "audit.query", Outcome: event.OutcomeAllow})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	events, err := h.Gateway.LocalExport(t.Context(), event.Operator, gateway.EventQuery{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err = range events {
		if n++; n == 1 {
			server.Kill(t) // the first page is read, the second is not
		}
	}
	if !errors.Is(err, gateway.ErrUnavailable) || n != audit.MaxPage+1 {
		t.Errorf("after %d events: %v; want ErrUnavailable after a page", n, err)
	}
}
