package gateway_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// A document is withdrawn from an open batch: its body is gone, its reference free, and
// the batch is sealed without it. A second request changes nothing, also after the seal.
func TestADocumentIsWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		g, ctx := w.Gateway, t.Context()
		batch := w.Open(t, "lot-1")
		wrong, receipt := w.Upload(t, batch, "claim-1", gatewaytest.Content("wrong", 1000))
		kept, _ := w.Upload(t, batch, "claim-2", gatewaytest.Content("kept", 500))
		d, err := g.WithdrawDocument(ctx, w.System, wrong.ID)
		if err != nil || d.State != policy.DocumentWithdrawn || d.FileName != "" || d.ID != wrong.ID {
			t.Fatalf("%+v, %v", d, err)
		}
		b, err := g.Batch(ctx, w.System, batch)
		if err != nil || b.Documents != 1 || b.Bytes != 500 {
			t.Errorf("the batch still holds %d documents, %d bytes: %v", b.Documents, b.Bytes, err)
		}
		list, _, err := g.Documents(ctx, w.System, batch, gateway.Page{})
		if err != nil || len(list) != 1 || list[0].ID != kept.ID {
			t.Errorf("listed: %+v, %v", list, err)
		}
		right, _ := w.Upload(t, batch, "claim-1", gatewaytest.Content("right", 700))
		if right.ID == wrong.ID {
			t.Error("the document that was withdrawn came back")
		}
		if _, err := g.Receipt(ctx, w.System, receipt.ID); err != nil {
			t.Errorf("its receipt: %v", err)
		}
		w.Seal(t, batch, []gateway.Document{right, kept})
		again, err := g.WithdrawDocument(ctx, w.System, wrong.ID)
		if err != nil || again.State != policy.DocumentWithdrawn {
			t.Errorf("the same again after the seal: %+v, %v", again, err)
		}
		_, err = g.WithdrawDocument(ctx, w.System, right.ID)
		wantDenied(t, err, policy.ReasonBatchState)
		w.Taken(t, batch)
		if text, err := w.Read(t, w.Handler, right.ID); err != nil || !bytes.Equal(text, gatewaytest.Content("right", 700)) {
			t.Errorf("the right one: %d bytes, %v", len(text), err)
		}
		if _, err := w.Read(t, w.Handler, wrong.ID); err == nil {
			t.Error("the withdrawn document was read")
		}
		wantWithdrawn(t, w, wrong.ID)
	})
}

// wantWithdrawn looks for the certificate of a withdrawn document and for its body.
func wantWithdrawn(t *testing.T, w *gatewaytest.World, id gateway.DocumentID) {
	t.Helper()
	var certified, gone, headers int
	var key string
	for query, to := range map[string]any{
		"SELECT COUNT(*) FROM erasure WHERE document = $1 AND certified > 0":    &certified,
		"SELECT object_gone FROM erased_document WHERE document = $1":           &gone,
		"SELECT COUNT(*) FROM document_header WHERE document = $1":              &headers,
		"SELECT object_key FROM document WHERE id = $1 AND state = 'withdrawn'": &key,
	} {
		if err := w.Database.Reader().QueryRowContext(t.Context(), query, string(id)).Scan(to); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	if certified != 1 || gone != 1 || headers != 0 {
		t.Errorf("%s: %d certificates, object gone %d, %d headers", id, certified, gone, headers)
	}
	if err := w.Gateway.CheckMissing(t.Context(), key); err != nil {
		t.Errorf("the body of %s: %v", id, err)
	}
}

// A batch is withdrawn with all that it holds, and its reference names another one.
func TestABatchIsWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		g, ctx := w.Gateway, t.Context()
		batch := w.Open(t, "lot-1")
		first, _ := w.Upload(t, batch, "claim-1", gatewaytest.Content("first", 1000))
		second, _ := w.Upload(t, batch, "claim-2", gatewaytest.Content("second", 1000))
		erased, _ := w.Upload(t, batch, "claim-3", gatewaytest.Content("third", 1000))
		if _, err := g.EraseDocument(ctx, w.Manager, erased.ID, "asked for"); err != nil {
			t.Fatal(err)
		}
		b, err := g.WithdrawBatch(ctx, w.Manager, batch)
		if err != nil || b.State != policy.BatchWithdrawn || b.Withdrawn.IsZero() {
			t.Fatalf("%+v, %v", b, err)
		}
		read, err := g.Batch(ctx, w.System, batch)
		if err != nil || read.State != policy.BatchWithdrawn || read.Documents != 0 || !read.Withdrawn.Equal(b.Withdrawn) {
			t.Errorf("read: %+v, %v", read, err)
		}
		if again, err := g.WithdrawBatch(ctx, w.System, batch); err != nil || !again.Withdrawn.Equal(b.Withdrawn) {
			t.Errorf("the same again: %+v, %v", again, err)
		}
		if next := w.Open(t, "lot-1"); next == batch {
			t.Error("the reference still names the batch that was withdrawn")
		}
		content := gatewaytest.Content("late", 100)
		_, _, err = g.Upload(ctx, w.System, gatewaytest.Incoming(batch, "late", content), bytes.NewReader(content))
		wantDenied(t, err, policy.ReasonBatchState)
		_, err = g.SealBatch(ctx, w.System, batch, gateway.Manifest{})
		wantDenied(t, err, policy.ReasonBatchState)
		if _, err := g.Batch(ctx, w.ProviderManager, batch); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("the provider: %v", err)
		}
		for _, d := range []gateway.Document{first, second, erased} {
			wantWithdrawn(t, w, d.ID)
		}
		if n := countEvents(t, w, "batch.withdraw"); n != 2 {
			t.Errorf("%d events of withdrawing, want one for each request", n)
		}
	})
}

func countEvents(t *testing.T, w *gatewaytest.World, action string) int {
	t.Helper()
	events, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), gateway.EventQuery{Action: event.Action(action)})
	if err != nil {
		t.Fatal(err)
	}
	return len(events)
}

// A sealed batch, and what stands under a legal hold, stays.
func TestWithdrawalsAreRefused(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	g, ctx := w.Gateway, t.Context()
	sealed, _ := w.Sent(t, 1)
	_, err := g.WithdrawBatch(ctx, w.System, sealed)
	wantDenied(t, err, policy.ReasonBatchState)

	batch := w.Open(t, "lot-held")
	held, _ := w.Upload(t, batch, "claim-1", gatewaytest.Content("held", 1000))
	free, _ := w.Upload(t, batch, "claim-2", gatewaytest.Content("free", 1000))
	hold, err := g.HoldDocument(ctx, w.Officer, held.ID, "a case")
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.WithdrawDocument(ctx, w.System, held.ID)
	wantDenied(t, err, policy.ReasonLegalHold)
	_, err = g.WithdrawBatch(ctx, w.Manager, batch)
	wantDenied(t, err, policy.ReasonLegalHold)
	if _, err := g.WithdrawDocument(ctx, w.System, free.ID); err != nil {
		t.Errorf("beside the hold: %v", err)
	}
	if _, err := g.LiftHold(ctx, w.Officer, hold.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.WithdrawBatch(ctx, w.Manager, batch); err != nil {
		t.Errorf("after the hold: %v", err)
	}
	if _, err := g.WithdrawDocument(ctx, w.ProviderManager, held.ID); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("by the provider: %v", err)
	}
	if _, err := g.SuspendContract(ctx, w.Manager, w.Contract, "incident"); err != nil {
		t.Fatal(err)
	}
	_, err = g.WithdrawBatch(ctx, w.Manager, sealed)
	wantDenied(t, err, policy.ReasonContractSuspended)
}

// A process that dies after a withdrawal leaves nothing behind: the sweeper of another
// one finishes it.
func TestAWithdrawalIsFinishedByTheSweeper(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		var documents []gateway.Document
		for _, reference := range []string{"claim-1", "claim-2", "claim-3"} {
			d, _ := w.Upload(t, batch, reference, gatewaytest.Content(reference, 1000))
			documents = append(documents, d)
		}
		if _, err := w.Gateway.WithdrawBatch(t.Context(), w.System, batch); err != nil {
			t.Fatal(err)
		}
		// As if it had died after the act: nothing is journaled, certified or deleted.
		for _, text := range []string{"UPDATE erasure SET journaled = 0, certified = 0, certificate = ''", "UPDATE erased_document SET object_gone = 0"} {
			if _, err := w.Database.Writer().ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Advance(time.Minute)
		if err := w.Gateway.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, d := range documents {
			wantWithdrawn(t, w, d.ID)
		}
	})
}
