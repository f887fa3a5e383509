package gateway_test

import (
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

func TestSharedAccountsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		add := func(name string) error {
			_, err := w.Gateway.AddMember(t.Context(), w.Operator, w.Provider, gateway.NewMember{Name: name})
			return err
		}
		for _, name := range []string{"admin", "Team 2", "  USER-01 ", "Équipe", "test", "support_3"} {
			wantInvalid(t, add(name), gateway.InvalidParameter)
		}
		for _, name := range []string{"Adèle Minet", "Claims system", "Test Tessier", "Ngô Thị Admin", "İpek Team", "R2"} {
			if err := add(name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		grant := func(who gateway.Caller, role policy.Role) error {
			_, err := w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract, gateway.NewMembership{Person: who.Person, Role: role})
			return err
		}
		wantInvalid(t, grant(w.System, policy.RoleContractManager), gateway.InvalidParameter)
		wantInvalid(t, grant(w.Officer, policy.RoleClientSystem), gateway.InvalidParameter)
		if err := grant(w.Handler, policy.RoleProviderManager); err != nil {
			t.Errorf("two roles of one person: %v", err)
		}
	})
}

func TestTemporaryAccessEnds(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		now := w.Clock.Now()
		_, err := w.Gateway.AddMember(t.Context(), w.Operator, w.Provider, gateway.NewMember{Name: "Tara Temporary", Until: now})
		wantInvalid(t, err, gateway.InvalidParameter)
		temporary := w.Person(t, w.Provider, "Tara Temporary")
		grant := gateway.NewMembership{Person: temporary.Person, Role: policy.RoleProviderManager, Until: now}
		_, err = w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract, grant)
		wantInvalid(t, err, gateway.InvalidParameter)
		grant.Until = now.Add(time.Hour)
		if _, err := w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract, grant); err != nil {
			t.Fatal(err)
		}
		batch, _ := w.Sent(t, 1)
		w.Clock.Advance(time.Hour - time.Microsecond)
		if _, err := w.Gateway.Batch(t.Context(), temporary, batch); err != nil {
			t.Errorf("while it lasts: %v", err)
		}
		w.Clock.Advance(time.Microsecond)
		if _, err := w.Gateway.Batch(t.Context(), temporary, batch); err == nil {
			t.Error("temporary access did not end")
		}
	})
}
