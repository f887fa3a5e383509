package gateway_test

import (
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

func clockOf(t *testing.T, db *database.DB, local func() time.Time) *database.Clock {
	t.Helper()
	clock, err := db.Clock(t.Context(), local)
	if err != nil {
		t.Fatal(err)
	}
	return clock
}

func assignedAll(t *testing.T, w *gatewaytest.World, batch gateway.BatchID) gateway.Assignment {
	t.Helper()
	a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, All: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestReplicasWithDifferentClocks: what is granted through one machine is in force for
// another at once, and what is ended is over, although their clocks differ.
func TestReplicasWithDifferentClocks(t *testing.T) {
	needs.Parallel(t)
	for _, behind := range []time.Duration{100 * time.Millisecond, 3 * time.Second, time.Hour} {
		t.Run(behind.String(), func(t *testing.T) {
			db := databasetest.PostgreSQL(t)
			w := gatewaytest.New(t, gatewaytest.Config{Database: db, Now: clockOf(t, db, nil).Now}).World(t)
			late := clockOf(t, db, func() time.Time { return time.Now().Add(-behind) })
			other := w.At(w.ReplicaAt(t, late.Now))
			batch, documents := w.Sent(t, 1)
			a := assignedAll(t, w, batch)
			if _, err := other.Gateway.Lease(t.Context(), w.Handler, a.ID); err != nil {
				t.Fatalf("through the replica that is %s behind: %v", behind, err)
			}
			if _, err := other.Read(t, w.Handler, documents[0].ID); err != nil {
				t.Errorf("reading there: %v", err)
			}
		})
	}
}

// TestAClockThatJumpsBack: what was granted before the jump stays in force.
func TestAClockThatJumpsBack(t *testing.T) {
	needs.Parallel(t)
	db := databasetest.SQLite(t)
	var back time.Duration
	clock := clockOf(t, db, func() time.Time { return time.Now().Add(-back) })
	w := gatewaytest.New(t, gatewaytest.Config{Database: db, Now: clock.Now}).World(t)
	batch, documents := w.Sent(t, 1)
	a := assignedAll(t, w, batch)
	back = time.Hour
	if _, err := w.Gateway.Lease(t.Context(), w.Handler, a.ID); err != nil {
		t.Fatalf("after the jump: %v", err)
	}
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Errorf("reading after the jump: %v", err)
	}
}
