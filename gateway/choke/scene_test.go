package choke_test

import (
	"context"
	"errors"
	"testing"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// door makes a second door to the world's database and ledger.
func door(t *testing.T, w *gatewaytest.World) *choke.Door {
	t.Helper()
	d, _, err := choke.New(choke.Config{Database: w.Database, Ledger: w.Ledger, Clock: w.Clock.Now, Compiled: choke.NewCompiled()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A refused act reads nothing more, and an act that is not decided yet reads nothing.
func TestOnlyAnAllowedActReadsOn(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	read := func(context.Context, *database.Tx) error { return nil }
	var kept *choke.Scene
	act := choke.Act{Action: policy.ActionContractRead, Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
		kept = s
		if err := s.View(ctx, read); !errors.Is(err, choke.ErrNotFound) {
			t.Errorf("before the decision: %v", err)
		}
		if err := s.OnContract(ctx, tx, w.Contract); err != nil {
			return err
		}
		s.OnDuty()
		return nil
	}}
	if _, err := door(t, w).Do(t.Context(), w.Stranger, act); err == nil {
		t.Fatal("a person of no party read the contract")
	}
	if err := kept.View(t.Context(), read); !errors.Is(err, choke.ErrNotFound) {
		t.Errorf("after a refusal: %v", err)
	}
	s, err := door(t, w).Do(t.Context(), w.Manager, act)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.View(t.Context(), read); err != nil {
		t.Errorf("after the decision: %v", err)
	}
}

// Mutate gets what its own load read, and never what an earlier attempt read.
func TestMutateGetsWhatLoadRead(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	reads := 0
	var got []int
	act := choke.Hand(policy.ActionContractRead,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (int, error) {
			reads++
			err := s.OnContract(ctx, tx, w.Contract)
			s.OnDuty()
			return reads, err
		},
		func(_ context.Context, _ *database.Tx, _ *choke.Scene, read int) error {
			got = append(got, read)
			return nil
		})
	d := door(t, w)
	for range 2 {
		if _, err := d.Do(t.Context(), w.Manager, act); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 2 || got[0] != 1 || got[1] != 2 {
		t.Errorf("mutate got %v", got)
	}
}
