package gateway_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// A manager sees who has what and how far it has come, takes a part back, then the rest,
// and assigns it again.
func TestAManagerTakesWorkBack(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		g, ctx := w.Gateway, t.Context()
		batch, documents := w.Sent(t, 3)
		a := w.Taken(t, batch)
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Fatal(err)
		}
		wantProgress(t, w, batch, gateway.AssignmentProgress{ID: a.ID, Person: w.Handler.Person, Name: "Hana Handler", Assigned: a.Assigned,
			LeaseFrom: a.LeaseFrom, LeaseUntil: a.LeaseUntil, Documents: 3, Read: 1})

		some := gateway.Revocation{Documents: []gateway.DocumentID{documents[0].ID, documents[1].ID}}
		for range 2 { // the second time it is the same request again
			left, err := g.Revoke(ctx, w.ProviderManager, a.ID, some)
			if err != nil || len(left.Documents) != 1 || left.Documents[0] != documents[2].ID || !left.Ended.IsZero() {
				t.Fatalf("%+v, %v", left, err)
			}
		}
		_, err := w.Read(t, w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonNotAssigned)
		if _, err := w.Read(t, w.Handler, documents[2].ID); err != nil {
			t.Errorf("what is left: %v", err)
		}
		if list, _, err := g.Documents(ctx, w.Handler, batch, gateway.Page{}); err != nil || len(list) != 1 {
			t.Errorf("the handler lists %d documents, %v", len(list), err)
		}
		b, err := g.Assign(ctx, w.ProviderManager, batch, gateway.NewAssignment{Person: w.Colleague.Person, Documents: some.Documents})
		if err != nil {
			t.Fatalf("to another person: %v", err)
		}
		ended, err := g.Revoke(ctx, w.ProviderManager, a.ID, gateway.Revocation{All: true})
		if err != nil || ended.Ended.IsZero() {
			t.Fatalf("the rest: %+v, %v", ended, err)
		}
		_, err = w.Read(t, w.Handler, documents[2].ID)
		wantDenied(t, err, policy.ReasonNotAssigned)
		wantProgress(t, w, batch, gateway.AssignmentProgress{ID: b.ID, Person: w.Colleague.Person, Name: "Hugo Handler", Assigned: b.Assigned, Documents: 2})
		if _, err := g.Assign(ctx, w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, Documents: []gateway.DocumentID{documents[2].ID}}); err != nil {
			t.Errorf("to the same person again: %v", err)
		}
		if n := countEvents(t, w, "assignment.revoke"); n != 3 {
			t.Errorf("%d events", n)
		}
	})
}

func wantProgress(t *testing.T, w *gatewaytest.World, batch gateway.BatchID, want gateway.AssignmentProgress) {
	t.Helper()
	list, next, err := w.Gateway.BatchAssignments(t.Context(), w.ProviderManager, batch, gateway.Page{})
	if err != nil || next != "" || len(list) != 1 || list[0] != want {
		t.Errorf("listed %+v, %v; want %+v", list, err, want)
	}
}

// What was never in the assignment, and nothing at all, is not taken back.
func TestRevocationsAreRefused(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	g, ctx := w.Gateway, t.Context()
	batch, documents := w.Sent(t, 2)
	a := w.Taken(t, batch)
	_, elsewhere := w.Sent(t, 1)
	for name, r := range map[string]gateway.Revocation{
		"nothing":               {},
		"another batch's":       {Documents: []gateway.DocumentID{documents[0].ID, elsewhere[0].ID}},
		"some and all":          {Documents: []gateway.DocumentID{documents[0].ID}, All: true},
		"one that is not there": {Documents: []gateway.DocumentID{"d_aaaaaaaaaaaaaaaaaaaaaaaaaa"}},
	} {
		_, err := g.Revoke(ctx, w.ProviderManager, a.ID, r)
		if err == nil {
			t.Fatalf("%s was taken back", name)
		}
		wantInvalid(t, err, gateway.InvalidParameter)
	}
	for name, who := range map[string]gateway.Caller{"the handler": w.Handler, "a colleague": w.Colleague, "the client": w.System} {
		if _, err := g.Revoke(ctx, who, a.ID, gateway.Revocation{All: true}); err == nil {
			t.Errorf("%s took it back", name)
		}
	}
	_, err := g.Release(ctx, w.Colleague, a.ID)
	wantDenied(t, err, policy.ReasonNotAssigned)
	if _, err := g.Revoke(ctx, w.Stranger, a.ID, gateway.Revocation{All: true}); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("another provider: %v", err)
	}
	for _, d := range documents {
		if _, err := w.Read(t, w.Handler, d.ID); err != nil {
			t.Errorf("after what was refused: %v", err)
		}
	}
}

// A handler gives an assignment back, once or twice, and it can be assigned again.
func TestAHandlerGivesWorkBack(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, documents := w.Sent(t, 1)
	a := w.Taken(t, batch)
	for range 2 {
		given, err := w.Gateway.Release(t.Context(), w.Handler, a.ID)
		if err != nil || given.Ended.IsZero() {
			t.Fatalf("%+v, %v", given, err)
		}
	}
	_, err := w.Read(t, w.Handler, documents[0].ID)
	wantDenied(t, err, policy.ReasonNotAssigned)
	w.Taken(t, batch)
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Error(err)
	}
}

// A running download of what was taken back is cut, as with a suspension.
func TestARevocationCutsARunningDownload(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	d := readable(t, w, 5<<20)
	list, _, err := w.Gateway.Assignments(t.Context(), w.Handler, gateway.Page{})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	var sent bytes.Buffer
	err = content.Send(t.Context(), writerFunc(func(p []byte) {
		if sent.Len() == 0 {
			if _, err := w.Gateway.Revoke(t.Context(), w.ProviderManager, list[0].ID, gateway.Revocation{Documents: []gateway.DocumentID{d.ID}}); err != nil {
				t.Error(err)
			}
			w.Clock.Advance(time.Minute)
		}
		sent.Write(p)
	}))
	wantDenied(t, err, policy.ReasonNotAssigned)
	if sent.Len() >= 4<<20 {
		t.Errorf("%d bytes left", sent.Len())
	}
}
