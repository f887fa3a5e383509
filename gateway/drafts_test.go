package gateway_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// Only the client may see a version until it is approved. The provider's people read
// approved versions, and nothing before there is one.
func TestDraftsAreTheClientsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		ctx := t.Context()
		watcher := w.Member(t, w.Contract, w.Provider, "Petra Compliance", policy.RoleProviderCompliance)
		theirs := []gateway.Caller{w.ProviderManager, w.Handler, watcher}
		const secret = "Index half as many claims"
		draft := changed(w, "Motor claim indexing", secret)
		if _, err := w.Gateway.AmendContract(ctx, w.Manager, w.Contract, draft, w.Clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		shown := func(who gateway.Caller) (version int64, versions int, text string) {
			t.Helper()
			c, err := w.Gateway.Contract(ctx, who, w.Contract)
			if err != nil {
				t.Fatal(err)
			}
			all, err := w.Gateway.ContractVersions(ctx, who, w.Contract)
			if err != nil {
				t.Fatal(err)
			}
			list, _, err := w.Gateway.Contracts(ctx, who, gateway.Page{})
			if err != nil || len(list) == 0 {
				t.Fatalf("%v, %v", list, err)
			}
			text = c.Title + string(c.Terms) + c.Digest
			for _, v := range all {
				text += string(v.Terms)
			}
			for _, c := range list {
				text += c.Title + string(c.Terms)
				if c.ID == w.Contract && c.Version != all[len(all)-1].Version {
					t.Errorf("the list says version %d, the versions %d", c.Version, len(all))
				}
			}
			return c.Version, len(all), text
		}
		for _, who := range theirs {
			if version, versions, text := shown(who); version != 1 || versions != 1 || strings.Contains(text, secret) {
				t.Errorf("a draft shows to %s: version %d of %d", who.Person, version, versions)
			}
			if _, err := w.Gateway.Impact(ctx, who, w.Contract, 2); err == nil {
				t.Error("the impact of a draft was told")
			}
			if _, err := w.Gateway.Simulate(ctx, who, w.Contract, 2, policy.Facts{}); err == nil {
				t.Error("a draft was simulated")
			}
		}
		for _, who := range []gateway.Caller{w.Manager, w.Officer, w.System} {
			if version, versions, text := shown(who); version != 2 || versions != 2 || !strings.Contains(text, secret) {
				t.Errorf("the draft does not show to %s of the client: version %d of %d", who.Person, version, versions)
			}
		}
		if _, err := w.Gateway.ApproveContract(ctx, w.Approver, w.Contract, 2); err != nil {
			t.Fatal(err)
		}
		for _, who := range theirs {
			if version, versions, text := shown(who); version != 2 || versions != 2 || !strings.Contains(text, secret) {
				t.Errorf("what was agreed does not show before its date: version %d of %d", version, versions)
			}
		}

		c, err := w.Gateway.ProposeContract(ctx, w.Manager, gatewaytest.Terms("MOTOR-2", w.Client, w.Provider))
		if err != nil {
			t.Fatal(err)
		}
		w.Join(t, c.ID)
		for _, who := range []gateway.Caller{w.ProviderManager, w.Handler} {
			if _, err := w.Gateway.Contract(ctx, who, c.ID); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("a contract that was never approved: %v", err)
			}
			if _, err := w.Gateway.ContractVersions(ctx, who, c.ID); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("its versions: %v", err)
			}
			if _, _, err := w.Gateway.OpenBatch(ctx, who, c.ID, "lot"); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("an act on it: %v", err)
			}
			list, next, err := w.Gateway.Contracts(ctx, who, gateway.Page{Limit: 2})
			if err != nil || len(list) != 1 || next != "" {
				t.Errorf("listed: %d, %q, %v", len(list), next, err)
			}
		}
		if _, err := w.Gateway.ApproveContract(ctx, w.Approver, c.ID, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Gateway.Contract(ctx, w.Handler, c.ID); err != nil {
			t.Errorf("approved: %v", err)
		}
	})
}
