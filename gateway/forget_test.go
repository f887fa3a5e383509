package gateway_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// wantInMemory checks the epochs of the world's contract whose identity a gateway has in
// memory.
func wantInMemory(t *testing.T, w *gatewaytest.World, want ...int64) {
	t.Helper()
	if diff := cmp.Diff(want, w.Gateway.EpochsInMemory(w.Contract)); diff != "" {
		t.Errorf("epochs in memory (-want +got):\n%s", diff)
	}
}

func sweep(t *testing.T, w *gatewaytest.World) {
	t.Helper()
	if err := w.Gateway.Sweep(t.Context()); err != nil {
		t.Errorf("sweeping: %v", err)
	}
}

// A replica forgets with its next sweep what another replica has destroyed, even if
// nothing asks for it.
func TestEveryReplicaForgetsAnErasedContract(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		replica := w.At(w.Replica(t))
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		reads(t, w, documents...)
		reads(t, replica, documents...)
		wantInMemory(t, w, 1)
		wantInMemory(t, replica, 1)
		ended(t, w)
		erased(t, w)
		wantInMemory(t, w)
		wantInMemory(t, replica, 1)
		sweep(t, replica)
		wantInMemory(t, replica)
	})
}

func TestEveryReplicaForgetsARotatedKey(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		replica := w.At(w.Replica(t))
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		reads(t, w, documents...)
		reads(t, replica, documents...)
		rotate(t, w)
		sweep(t, replica)
		wantInMemory(t, replica, 1) // it is in use until the rotation has finished
		goOn(t, w)
		wantInMemory(t, w, 2)
		reads(t, replica, documents...)
		wantInMemory(t, replica, 1, 2)
		sweep(t, replica)
		wantInMemory(t, replica, 2)
		reads(t, replica, documents...)
	})
}

// The erasure of a contract ends its rotation, which would never find its key.
func TestErasingAContractEndsItsRotation(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var log strings.Builder
		w := gatewaytest.New(t, gatewaytest.Config{Database: db, Logger: slog.New(slog.NewTextHandler(&log, nil))}).World(t)
		w.Sent(t, 3)
		rotate(t, w)
		ended(t, w)
		e := erased(t, w)
		if err := w.Gateway.ContinueRotations(t.Context()); err != nil {
			t.Errorf("going on: %v", err)
		}
		if running := keysOf(t, w.Gateway).Rotations; len(running) != 0 {
			t.Errorf("rotations that run: %+v", running)
		}
		if r := goOn(t, w); !r.Finished {
			t.Errorf("the rotation: %+v", r)
		}
		if c := claimsOf(t, e.Certificate); c.Documents != 3 || c.Verification.Identities != 0 {
			t.Errorf("the certificate says %+v", c)
		}
		wantConflictOfRotation(t, w)
		if log.Len() > 0 {
			t.Errorf("logged: %s", log.String())
		}
	})
}

// If held documents are left, the keys stay, and the rotation continues.
func TestARotationGoesOnForHeldDocuments(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 2)
		if _, err := w.Gateway.HoldDocument(t.Context(), w.Officer, documents[0].ID, "case 17"); err != nil {
			t.Fatal(err)
		}
		rotate(t, w)
		ended(t, w)
		erased(t, w)
		if r := goOn(t, w); !r.Finished || r.Failed != 0 {
			t.Errorf("rotation: %+v", r)
		}
		if diff := cmp.Diff(map[int64]int{2: 1}, epochs(t, w)); diff != "" {
			t.Errorf("headers by epoch (-want +got):\n%s", diff)
		}
		if check := checkKeys(t, w.House); len(check.Problems) > 0 || check.Headers != 1 {
			t.Errorf("check: %+v", check)
		}
	})
}

// run runs a gateway, and returns a function that stops it and waits until it has
// stopped.
func run(t *testing.T, g *gateway.Gateway) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running: %v", err)
		}
	}
}

// nodes waits until so many gateways are announced, and lists them.
func nodes(t *testing.T, g *gateway.Gateway, n int) []gateway.Node {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		all := keysOf(t, g).Nodes
		if len(all) == n {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("these gateways run: %v, want %d", all, n)
		}
	}
}
