package gateway_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// An exited contract is over. A wind-down that still runs, from its termination or from
// its last day, allows nothing more.
func TestAnExitEndsTheWindDown(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	amend(t, w, changed(w, "until: 2027-12-31", "until: 2026-11-27", untouched, untouched+`wind-down:
  client-system: {days: 90, may: [batch.read, receipt.read]}
  handler: {days: 30, may: [assignment.lease, document.read]}
`), time.Time{})
	w.Clock.Advance(time.Minute)
	batch, documents := w.Sent(t, 1)
	a := w.Taken(t, batch)
	ctx, g := t.Context(), w.Gateway
	if _, err := g.TerminateContract(ctx, w.Manager, w.Contract, "end"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Fatalf("in the wind-down: %v", err)
	}
	if _, err := g.ExitContract(ctx, w.Manager, w.Contract, "everything is done"); err != nil {
		t.Fatal(err)
	}
	for _, days := range []int{0, 1, 5, 29} { // before its last day, and after it, both in the wind-down's days
		w.Clock.Advance(time.Duration(days) * 24 * time.Hour)
		_, err := w.Read(t, w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonContractExited)
		_, err = g.Lease(ctx, w.Handler, a.ID)
		wantDenied(t, err, policy.ReasonContractExited)
		_, err = g.Batch(ctx, w.System, batch)
		wantDenied(t, err, policy.ReasonContractExited)
		list, _, err := g.Batches(ctx, w.System, gateway.BatchFilter{}, gateway.Page{})
		if err != nil || len(list) != 0 {
			t.Errorf("%d batches are listed, %v", len(list), err)
		}
	}
}

// A contract never leaves the exit.
func TestAnExitIsTheEnd(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	ctx, g := t.Context(), w.Gateway
	for _, step := range []func() (gateway.Contract, error){
		func() (gateway.Contract, error) { return g.TerminateContract(ctx, w.Manager, w.Contract, "end") },
		func() (gateway.Contract, error) { return g.ExitContract(ctx, w.Manager, w.Contract, "done") },
	} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	for name, step := range map[string]func() (gateway.Contract, error){
		"suspended":        func() (gateway.Contract, error) { return g.SuspendContract(ctx, w.Manager, w.Contract, "x") },
		"resumed":          func() (gateway.Contract, error) { return g.ResumeContract(ctx, w.Manager, w.Contract, "x") },
		"terminated again": func() (gateway.Contract, error) { return g.TerminateContract(ctx, w.Manager, w.Contract, "x") },
		"exited again":     func() (gateway.Contract, error) { return g.ExitContract(ctx, w.Manager, w.Contract, "x") },
	} {
		var conflict *gateway.Conflict
		if _, err := step(); !errors.As(err, &conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := g.Contract(ctx, w.Manager, w.Contract)
	if err != nil || c.Status != policy.StatusExited {
		t.Errorf("%+v, %v", c, err)
	}
}
