package gateway_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// wantRefusedFor checks that retiring the old root is refused because of one gateway, and
// changes nothing.
func wantRefusedFor(t *testing.T, h *gatewaytest.House, node string) {
	t.Helper()
	before := keysOf(t, h.Gateway).Holders
	_, err := h.Gateway.LocalRewrapKeys(t.Context(), true, nil)
	var conflict *gateway.Conflict
	if !errors.As(err, &conflict) || !strings.Contains(conflict.Detail, node) {
		t.Fatalf("retiring the root of %s: %v", node, err)
	}
	if after := keysOf(t, h.Gateway).Holders; len(after) != len(before) || !after[len(after)-1].Until.IsZero() {
		t.Errorf("holders: %+v", after)
	}
}

// A root is retired only when every running gateway has the new one.
func TestNoRootIsRetiredUnderARunningGateway(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		stopOld := run(t, w.Gateway)
		old := nodes(t, w.Gateway, 1)[0]
		both, err := keyring.AddFirst(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		restarted := w.WithRoot(t, both)
		rewrap(t, restarted, false) // adding a root takes no key away
		wantRefusedFor(t, restarted, old.Name)

		stopNew := run(t, restarted.Gateway)
		for _, n := range nodes(t, w.Gateway, 2) {
			if n.Name != old.Name && !slices.Equal(n.Roots, slices.Sorted(slices.Values(both.Fingerprints()))) {
				t.Errorf("%s has %v", n.Name, n.Roots)
			}
		}
		wantRefusedFor(t, restarted, old.Name) // one of two is not enough
		// Taking the old root out of the file by hand is refused too.
		_, err = w.WithRoot(t, both.FirstAlone()).Gateway.LocalRewrapKeys(t.Context(), false, nil)
		wantConflict(t, err, gateway.ConflictState)
		reads(t, w, documents...)

		stopOld()
		nodes(t, w.Gateway, 1) // it has removed its announcement
		rewrap(t, restarted, true)
		allSealedTo(t, restarted.Gateway, both.Fingerprints()[0])
		stopNew()
		nodes(t, w.Gateway, 0)
	})
}

// A gateway that crashed delays the retirement for a time, and not for ever.
func TestAGatewayThatDiedCountsForATime(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		dead := w.Replica(t)
		if err := dead.Gateway.Announce(t.Context()); err != nil {
			t.Fatal(err)
		}
		name := nodes(t, w.Gateway, 1)[0].Name
		both, err := keyring.AddFirst(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		during := w.WithRoot(t, both)
		rewrap(t, during, false)
		w.Clock.Advance(9 * time.Minute)
		wantRefusedFor(t, during, name)
		w.Clock.Advance(time.Minute)
		rewrap(t, during, true)

		// The next announcement removes it.
		w.Clock.Advance(time.Second)
		if err := during.Gateway.Announce(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, w, "SELECT COUNT(*) FROM node_root WHERE node = $1", name); n != 0 {
			t.Errorf("%d rows of it are left", n)
		}
	})
}
