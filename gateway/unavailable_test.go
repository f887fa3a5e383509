package gateway_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// The database dies between the question's event and its answer, which the ledger reads
// past the gateway's transactions. That is ErrUnavailable, and no defect.
func TestTheLedgersReadingsAreUnavailableToo(t *testing.T) {
	server := databasetest.NewServer(t)
	h := gatewaytest.New(t, gatewaytest.Config{Database: databasetest.Open(t, database.Config{PostgreSQL: server.DSN(t)})})
	var group errgroup.Group
	for range ask.MaxPage + 1 {
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
	if !errors.Is(err, gateway.ErrUnavailable) || n != ask.MaxPage+1 {
		t.Errorf("after %d events: %v; want ErrUnavailable after a page", n, err)
	}
}

// The database dies while a document is being stored. The outcome of the upload is
// unknown and the process lives on. The ledger closes the access once the database is
// back, and the client's repeated upload is a new one.
func TestAnUploadThatLostTheDatabaseIsClosed(t *testing.T) {
	server := databasetest.NewServer(t)
	h := gatewaytest.New(t, gatewaytest.Config{Database: databasetest.Open(t, database.Config{PostgreSQL: server.DSN(t)}), Lost: time.Second})
	w := h.World(t)
	batch, content := w.Open(t, "lot-1"), gatewaytest.Content("claim", 1000)
	hold := h.Objects.HoldNextPut()
	failed := make(chan error, 1)
	go func() {
		_, _, err := h.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "claim", content), bytes.NewReader(content))
		failed <- err
	}()
	reached(t, hold.Reached(), failed)
	server.Kill(t)
	hold.Release()
	if err := <-failed; !errors.Is(err, gateway.ErrUnavailable) {
		t.Fatalf("uploaded without a database: %v", err)
	}
	server.Start(t)
	wantEnd(t, w, event.PhaseUnknown, "end-lost")
}

// A reference that was received with other bytes is refused after its bytes were read.
// That access has an end too.
func TestARefusedRepetitionHasAnEnd(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t)
		batch, other := w.Open(t, "lot-1"), gatewaytest.Content("other", 1000)
		w.Upload(t, batch, "claim", gatewaytest.Content("claim", 1000))
		_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "claim", other), bytes.NewReader(other))
		var conflict *gateway.Conflict
		if !errors.As(err, &conflict) {
			t.Fatalf("other bytes: %v", err)
		}
		wantEnd(t, w, event.PhaseAborted, "conflict-reference-taken")
	})
}

// wantEnd waits until the client's ledger has the end and no access is open.
func wantEnd(t *testing.T, w *gatewaytest.World, phase event.Phase, reason string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		events, _, err := w.Ledger.Query(t.Context(), ask.Query{Ledger: string(w.Client), Phase: phase})
		if err != nil {
			continue // the database may still be starting
		}
		var open int
		if err := w.Database.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_open`).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if len(events) == 1 && events[0].Reason == reason && open == 0 {
			return
		}
	}
	t.Errorf("no %s with the reason %s, or an access is still open", phase, reason)
}
