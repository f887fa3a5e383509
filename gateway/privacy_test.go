package gateway_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

func proposed(t *testing.T, w *gatewaytest.World) gateway.PersonErasure {
	t.Helper()
	p, err := w.Gateway.ProposePersonErasure(t.Context(), w.Officer, string(w.Client), w.Handler.Person, "request 4")
	if err != nil {
		t.Fatal(err)
	}
	if p.State != gateway.PersonErasureProposed || p.Person != w.Handler.Person || p.ProposedBy != w.Officer.Person {
		t.Fatalf("%+v", p)
	}
	return p
}

// erasableOf counts the events of a person, with their erasable data and without.
func erasableOf(t *testing.T, w *gatewaytest.World, who gateway.Caller) (kept, gone int) {
	t.Helper()
	const where = ` FROM audit_event WHERE ledger = $1 AND actor = $2 AND priv IS `
	return count(t, w, `SELECT COUNT(*)`+where+`NOT NULL`, string(w.Client), string(who.Person)),
		count(t, w, `SELECT COUNT(*)`+where+`NULL`, string(w.Client), string(who.Person))
}

// A person's erasable data go class by class as they pass the floors: only what was
// recorded before the decision.
func TestErasingAPersonsTraces(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		lived(t, w)
		all, _ := erasableOf(t, w, w.Handler)
		w.Clock.Advance(time.Minute)
		p := proposed(t, w)

		p, err := w.Gateway.ApprovePersonErasure(t.Context(), w.Approver, string(w.Client), p.ID)
		if err != nil || p.State != gateway.PersonErasureRunning || p.Halves != 0 {
			t.Fatalf("all of it is under the floors: %+v, %v", p, err)
		}
		w.Clock.Advance(184 * aDay) // over the floor of work, not of content
		retain(t, w)
		kept, gone := erasableOf(t, w, w.Handler)
		if gone == 0 || kept == 0 || kept+gone != all {
			t.Errorf("after half a year: %d kept, %d gone of %d", kept, gone, all)
		}
		w.Clock.Advance(182 * aDay)
		retain(t, w)
		if kept, gone := erasableOf(t, w, w.Handler); gone != all || kept != 0 {
			t.Errorf("after a year: %d kept, %d gone of %d", kept, gone, all)
		}
		p, err = w.Gateway.PersonErasure(t.Context(), w.Officer, string(w.Client), p.ID)
		if err != nil || p.State != gateway.PersonErasureDone || p.Halves != int64(all) || p.Finished.IsZero() {
			t.Errorf("%+v, %v; %d events", p, err, all)
		}
		if kept, _ := erasableOf(t, w, w.Colleague); kept == 0 {
			t.Error("another person's traces are gone")
		}
		if named(t, w, w.Handler.Person) == "" {
			t.Error("the name of a member is gone")
		}
		var told int
		for _, e := range events(t, w, gateway.EventQuery{Action: "privacy.erase", Actor: "system"}) {
			if e.Subject != string(w.Handler.Person) || e.Private["erasure"] != string(p.ID) {
				t.Errorf("%+v", e)
			}
			told++
		}
		if told != 2 {
			t.Errorf("%d events tell of it", told)
		}
	})
}

// A hold on the person keeps all data. The erasure ends when the hold is lifted.
func TestAHeldPersonsTracesStay(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		lived(t, w)
		w.Clock.Advance(400 * aDay)
		hold, err := w.Gateway.HoldPerson(t.Context(), w.Officer, string(w.Client), w.Handler.Person, "case 17")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Gateway.HoldPerson(t.Context(), w.Officer, string(w.Client), w.Handler.Person, "case 18"); err != nil || again != hold {
			t.Errorf("placed again: %+v, %v", again, err)
		}
		p := proposed(t, w)
		p, err = w.Gateway.ApprovePersonErasure(t.Context(), w.Approver, string(w.Client), p.ID)
		if _, gone := erasableOf(t, w, w.Handler); err != nil || p.State != gateway.PersonErasureRunning || gone != 0 {
			t.Fatalf("%+v, %v; %d events are gone", p, err, gone)
		}
		lifted, err := w.Gateway.LiftPersonHold(t.Context(), w.Officer, string(w.Client), hold.ID)
		if err != nil || lifted.LiftedBy != w.Officer.Person || lifted.Until.IsZero() {
			t.Fatalf("%+v, %v", lifted, err)
		}
		p, err = w.Gateway.ApprovePersonErasure(t.Context(), w.Approver, string(w.Client), p.ID) // repeated, it continues
		if kept, gone := erasableOf(t, w, w.Handler); err != nil || p.State != gateway.PersonErasureDone || kept != 0 || gone == 0 {
			t.Errorf("%+v, %v; %d kept, %d gone", p, err, kept, gone)
		}
		holds, next, err := w.Gateway.PersonHolds(t.Context(), w.Officer, string(w.Client), gateway.Page{Limit: 10})
		if err != nil || next != "" || len(holds) != 1 || holds[0] != lifted {
			t.Errorf("%+v, %q, %v", holds, next, err)
		}
	})
}

// Two people decide, and neither is the person concerned.
func TestWhoErasesAPersonsTraces(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		lived(t, w)
		ledger := string(w.Client)
		second := w.Person(t, w.Client, "Ota Officer", policy.RoleComplianceOfficer)
		propose := func(who gateway.Caller, of gateway.PersonID) error {
			_, err := w.Gateway.ProposePersonErasure(t.Context(), who, ledger, of, "request 4")
			return err
		}
		wantDenied(t, propose(w.Manager, w.Handler.Person), policy.ReasonNoRule)
		wantDenied(t, propose(w.Officer, w.Officer.Person), policy.ReasonSamePerson)
		for name, err := range map[string]error{
			"the person":             propose(w.Handler, w.Handler.Person),
			"who never did anything": propose(w.Officer, "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
			"in another's ledger": func() error {
				_, err := w.Gateway.ProposePersonErasure(t.Context(), w.Officer, "operator", w.Handler.Person, "x")
				return err
			}(),
			"a hold on who is unknown": func() error {
				_, err := w.Gateway.HoldPerson(t.Context(), w.Officer, ledger, "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", "x")
				return err
			}(),
		} {
			if !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		p := proposed(t, w)
		if again := proposed(t, w); again != p {
			t.Errorf("proposed again: %+v, %+v", again, p)
		}
		wantConflict(t, propose(second, w.Handler.Person), gateway.ConflictState)
		approve := func(who gateway.Caller, id gateway.ErasureID) error {
			_, err := w.Gateway.ApprovePersonErasure(t.Context(), who, ledger, id)
			return err
		}
		wantDenied(t, approve(w.Officer, p.ID), policy.ReasonSamePerson)
		if err := approve(w.Handler, p.ID); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("the person: %v", err)
		}
		about, err := w.Gateway.ProposePersonErasure(t.Context(), w.Officer, ledger, w.Approver.Person, "request 5")
		if err != nil {
			t.Fatal(err)
		}
		wantDenied(t, approve(w.Approver, about.ID), policy.ReasonSamePerson)
		if err := approve(second, about.ID); err != nil {
			t.Errorf("another officer: %v", err)
		}
		if err := approve(w.Approver, p.ID); err != nil {
			t.Errorf("a manager: %v", err)
		}
		if err := approve(w.Approver, "x_aaaaaaaaaaaaaaaaaaaaaaaaaa"); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("nothing: %v", err)
		}
		auditor := w.Person(t, w.Client, "Ada Auditor", policy.RoleAuditor)
		if got, err := w.Gateway.PersonErasure(t.Context(), auditor, ledger, p.ID); err != nil || got.DecidedBy != w.Approver.Person {
			t.Errorf("read by an auditor: %+v, %v", got, err)
		}
		w.Clock.Advance(time.Hour)
		wantDenied(t, func() error {
			_, err := w.Gateway.LiftPersonHold(t.Context(), w.Manager, ledger, heldHandler(t, w).ID)
			return err
		}(), policy.ReasonNoRule)
	})
}

func heldHandler(t *testing.T, w *gatewaytest.World) gateway.PersonHold {
	t.Helper()
	h, err := w.Gateway.HoldPerson(t.Context(), w.Officer, string(w.Client), w.Handler.Person, "case 17")
	if err != nil {
		t.Fatal(err)
	}
	return h
}
