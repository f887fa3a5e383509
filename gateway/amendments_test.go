package gateway_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// changed returns the world's terms with some of their text replaced.
func changed(w *gatewaytest.World, oldNew ...string) []byte {
	return []byte(strings.NewReplacer(oldNew...).Replace(string(gatewaytest.Terms("MOTOR-1", w.Client, w.Provider))))
}

const untouched = "sub-processors: []\n"

// wound returns the world's terms with a wind-down: the client reads what was done, and
// handlers finish what they hold.
func wound(w *gatewaytest.World) []byte {
	return changed(w, untouched, untouched+`wind-down:
  client-system: {days: 30, may: [batch.read, document.inspect, receipt.read]}
  handler: {days: 2, may: [document.read]}
`)
}

// amend proposes terms and has them approved.
func amend(t *testing.T, w *gatewaytest.World, terms []byte, effective time.Time) gateway.Contract {
	t.Helper()
	c, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, terms, effective)
	if err != nil {
		t.Fatalf("amending: %v", err)
	}
	c, err = w.Gateway.ApproveContract(t.Context(), w.Approver, w.Contract, c.Version)
	if err != nil {
		t.Fatalf("approving the amendment: %v", err)
	}
	return c
}

// An amendment decides from its effective date on, on every replica, and decides nothing
// before.
func TestAmendmentComesIntoForceAtItsDate(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		replica := w.Replica(t)
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		effective := w.Clock.Now().Add(2 * time.Hour)
		elsewhere := changed(w, "192.0.2.0/24", "198.51.100.0/24")

		c, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, elsewhere, effective)
		if err != nil || c.Version != 2 || c.InForce != 1 || c.Status != policy.StatusActive {
			t.Fatalf("%+v, %v", c, err)
		}
		w.Clock.Advance(2*time.Hour - time.Microsecond)
		read := func(g *gateway.Gateway) error {
			content, err := g.Open(t.Context(), w.Handler, documents[0].ID)
			if err == nil {
				content.Close()
			}
			return err
		}
		if err := read(w.Gateway); err != nil {
			t.Fatalf("a proposed amendment changed something: %v", err)
		}
		_, err = w.Gateway.ApproveContract(t.Context(), w.Manager, w.Contract, 2)
		wantDenied(t, err, policy.ReasonSamePerson)
		if _, err = w.Gateway.ApproveContract(t.Context(), w.Approver, w.Contract, 2); err != nil {
			t.Fatal(err)
		}
		if err := read(w.Gateway); err != nil {
			t.Errorf("before the effective date: %v", err)
		}
		w.Clock.Advance(time.Microsecond)
		for _, g := range []*gateway.Gateway{w.Gateway, replica.Gateway} {
			wantDenied(t, read(g), policy.ReasonSite)
		}
		denied := events(t, w, gateway.EventQuery{Document: string(documents[0].ID), Outcome: event.OutcomeDeny})
		if len(denied) != 2 || denied[0].Version != 2 {
			t.Errorf("the denials: %+v", denied)
		}
		versions, err := w.Gateway.ContractVersions(t.Context(), w.Manager, w.Contract)
		if err != nil || len(versions) != 2 || versions[0].InForce || !versions[1].InForce ||
			string(versions[0].Terms) != string(gatewaytest.Terms("MOTOR-1", w.Client, w.Provider)) || string(versions[1].Terms) != string(elsewhere) ||
			versions[1].ApprovedBy != w.Approver.Person || !versions[1].Effective.Equal(effective) {
			t.Errorf("%+v, %v", versions, err)
		}
	})
}

// A document keeps the class under which it came. The version in force decides what that
// class allows.
func TestDocumentsKeepTheirClass(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		amend(t, w, changed(w, "  anything: {", "  everything: {"), time.Time{})
		_, err := w.Read(t, w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonUnknownClass)
		amend(t, w, changed(w), time.Time{})
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Errorf("the class is back: %v", err)
		}
	})
}

func TestAmendmentsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend := func(who gateway.Caller, terms []byte, effective time.Time) error {
			_, err := w.Gateway.AmendContract(t.Context(), who, w.Contract, terms, effective)
			return err
		}
		now := w.Clock.Now()
		wantInvalid(t, amend(w.Manager, changed(w), now.Add(-time.Microsecond)), gateway.InvalidParameter)
		wantInvalid(t, amend(w.Manager, []byte("title: ["), now), gateway.InvalidTerms)
		wantInvalid(t, amend(w.Manager, changed(w, string(w.Provider), string(w.OtherProvider)), now), gateway.InvalidTerms)
		wantInvalid(t, amend(w.Manager, changed(w, "MOTOR-1", "MOTOR-2"), now), gateway.InvalidTerms)
		wantDenied(t, amend(w.Officer, changed(w), now), policy.ReasonNoRule)
		for name, who := range map[string]gateway.Caller{"stranger": w.Stranger, "operator": w.Operator} {
			if err := amend(who, changed(w), now); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		versions, err := w.Gateway.ContractVersions(t.Context(), w.Manager, w.Contract)
		if err != nil || len(versions) != 1 {
			t.Errorf("a refused amendment was kept: %v, %v", versions, err)
		}
		approve := func(version int64) error {
			_, err := w.Gateway.ApproveContract(t.Context(), w.Approver, w.Contract, version)
			return err
		}
		for _, terms := range [][]byte{changed(w, "purpose: Index motor claim files\n", ""), changed(w, "1048576}", "1048576, delivery: sealed}")} {
			if err := amend(w.Manager, terms, now); err != nil {
				t.Fatal(err)
			}
		}
		wantInvalid(t, approve(2), gateway.InvalidIncomplete)
		wantInvalid(t, approve(3), gateway.InvalidUnenforceable)
		if err := approve(9); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("a version that was never proposed: %v", err)
		}
	})
}

// Versions are approved in order: the version that was agreed last decides, whatever the
// dates.
func TestAmendmentsAreApprovedInOrder(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		now := w.Clock.Now()
		for _, effective := range []time.Time{now.Add(time.Hour), now.Add(3 * time.Hour), now.Add(2 * time.Hour)} {
			if _, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, changed(w), effective); err != nil {
				t.Fatal(err)
			}
		}
		approve := func(version int64) error {
			_, err := w.Gateway.ApproveContract(t.Context(), w.Approver, w.Contract, version)
			return err
		}
		if err := approve(3); err != nil {
			t.Fatal(err)
		}
		wantConflict(t, approve(2), gateway.ConflictState) // a later one stands
		wantConflict(t, approve(4), gateway.ConflictState) // an earlier date than that of 3
		if err := approve(3); err != nil {
			t.Errorf("the same request again: %v", err)
		}

		// A version that is approved after its date is in force from the approval, and
		// not before.
		w.Clock.Advance(4 * time.Hour)
		if err := approve(4); err != nil {
			t.Fatal(err)
		}
		versions, err := w.Gateway.ContractVersions(t.Context(), w.Manager, w.Contract)
		if err != nil || !versions[3].Effective.Equal(w.Clock.Now()) || !versions[3].InForce {
			t.Errorf("%+v, %v", versions, err)
		}
	})
}

// After the end of a contract only its wind-down terms allow anything.
func TestWindDown(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, wound(w), time.Time{})
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		// An amendment whose date is after the end never comes into force.
		amend(t, w, changed(w), w.Clock.Now().Add(time.Hour))
		_, receipt := w.Upload(t, w.Open(t, "last"), "claim-last", []byte("last"))
		if _, err := w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "end"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(2 * time.Hour)
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Errorf("finishing leased work: %v", err)
		}
		if _, err := w.Gateway.Receipt(t.Context(), w.System, receipt.ID); err != nil {
			t.Errorf("looking at a receipt: %v", err)
		}
		_, _, err := w.Gateway.OpenBatch(t.Context(), w.System, w.Contract, "one-more")
		wantDenied(t, err, policy.ReasonContractTerminated)
		_, err = w.Gateway.Batch(t.Context(), w.ProviderManager, batch)
		wantDenied(t, err, policy.ReasonContractTerminated)
		w.Clock.Advance(46*time.Hour + time.Second)
		_, err = w.Read(t, w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonWindDownOver)
		list, _, err := w.Gateway.Batches(t.Context(), w.System, gateway.BatchFilter{}, gateway.Page{})
		if err != nil || len(list) != 2 {
			t.Errorf("the client's batches: %v, %v", list, err)
		}
		_, err = w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, wound(w), time.Time{})
		wantConflict(t, err, gateway.ConflictState)
		_, err = w.Gateway.ResumeContract(t.Context(), w.Manager, w.Contract, "again")
		wantConflict(t, err, gateway.ConflictState)

		c, err := w.Gateway.ExitContract(t.Context(), w.Manager, w.Contract, "everything is done")
		if err != nil || c.Status != policy.StatusExited {
			t.Fatalf("%+v, %v", c, err)
		}
		_, err = w.Gateway.Receipt(t.Context(), w.System, receipt.ID)
		wantDenied(t, err, policy.ReasonContractExited)
	})
}

func TestNoWindDownOutOfASuspension(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, wound(w), time.Time{})
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		if _, err := w.Gateway.ExitContract(t.Context(), w.Manager, w.Contract, "too early"); err == nil {
			t.Error("a contract in force was exited")
		}
		if _, err := w.Gateway.SuspendContract(t.Context(), w.Officer, w.Contract, "incident"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Minute)
		if _, err := w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "incident"); err != nil {
			t.Fatal(err)
		}
		_, err := w.Read(t, w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonContractTerminated)
	})
}

// A person with two roles may do what either role allows.
func TestSeveralRolesOnAContract(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 1)
		_, err := w.Gateway.Document(t.Context(), w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonNotAssigned)
		if _, err := w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract,
			gateway.NewMembership{Person: w.Handler.Person, Role: policy.RoleProviderManager}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Gateway.Document(t.Context(), w.Handler, documents[0].ID); err != nil {
			t.Errorf("as the manager that the handler also is: %v", err)
		}
	})
}
