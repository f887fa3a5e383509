package gateway_test

import (
	"errors"
	"testing"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// Only a person who may prove gets a proof, and the ledger that it is about records the
// request.
func TestProofsAreForThoseWhoMayProve(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		g, ctx, ledger := w.Gateway, t.Context(), string(w.Client)
		// This person may ask the ledger for events of their own people only. A bundle
		// would contain all events.
		watcher := w.Member(t, w.Contract, w.Provider, "Prune Provider", policy.RoleProviderCompliance)
		kinds := map[string]func(who gateway.Caller, ledger string) ([]byte, error){
			"proof of event 1": func(who gateway.Caller, ledger string) ([]byte, error) { return g.ProveEvent(ctx, who, ledger, 1) },
			"consistency from 1 to 2": func(who gateway.Caller, ledger string) ([]byte, error) {
				two := int64(2)
				return g.ProveConsistency(ctx, who, ledger, 1, &two)
			},
			"consistency from 1": func(who gateway.Caller, ledger string) ([]byte, error) {
				return g.ProveConsistency(ctx, who, ledger, 1, nil)
			},
			"tile 0/000.p/2": func(who gateway.Caller, ledger string) ([]byte, error) { return g.Tile(ctx, who, ledger, "0/000.p/2") },
			"tile entries/000.p/2": func(who gateway.Caller, ledger string) ([]byte, error) {
				return g.Tile(ctx, who, ledger, "entries/000.p/2")
			},
		}
		for question, ask := range kinds {
			answer, err := ask(w.Officer, ledger)
			if err != nil || len(answer) == 0 {
				t.Errorf("%s, for the officer: %d bytes, %v", question, len(answer), err)
			}
			for name, who := range map[string]gateway.Caller{"handler": w.Handler, "system": w.System, "stranger": w.Stranger,
				"provider's compliance": watcher} {
				if answer, err := ask(who, ledger); err == nil || answer != nil {
					t.Errorf("%s, for a %s: %d bytes, %v", question, name, len(answer), err)
				}
			}
			if _, err := ask(w.Officer, string(w.Provider)); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("%s, of a provider: %v", question, err)
			}
			if _, err := ask(w.Officer, "operator"); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("%s, of the operator's ledger: %v", question, err)
			}
		}
		asked, _, err := g.AuditEvents(ctx, w.Officer, ledger, gateway.EventQuery{Actor: string(w.Officer.Person), Outcome: event.OutcomeAllow, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		recorded := map[string]event.Action{}
		for _, e := range asked {
			recorded[e.Private["question"]] = e.Action
		}
		for question := range kinds {
			want := event.Action(policy.ActionAuditProve)
			if recorded[question] != want {
				t.Errorf("%s was recorded as %q", question, recorded[question])
			}
		}
	})
}

// Names and numbers that mean nothing get no proof.
func TestNoProofOfWhatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		g, ctx, ledger := w.Gateway, t.Context(), string(w.Client)
		far := int64(1) << 40
		_, event := g.ProveEvent(ctx, w.Officer, ledger, far)
		_, before := g.ProveEvent(ctx, w.Officer, ledger, -1)
		_, from := g.ProveConsistency(ctx, w.Officer, ledger, far, nil)
		_, to := g.ProveConsistency(ctx, w.Officer, ledger, 0, &far)
		_, tile := g.Tile(ctx, w.Officer, ledger, "3/000")
		_, name := g.Tile(ctx, w.Officer, ledger, "0/../0")
		for i, err := range []error{event, before, from, to, tile, name} {
			if !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}
