package gateway_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

// An assignment takes documents that its batch holds, and no other: not of an open batch,
// nor of another one, nor of another contract, nor one that was never received. All are
// refused in the same words, so that nothing is learnt of them.
func TestAnAssignmentTakesDocumentsOfItsBatchAlone(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, documents := w.Sent(t, 2)
	_, elsewhere := w.Sent(t, 1)
	open := w.Open(t, "lot-open")
	unsealed, _ := w.Upload(t, open, "unsealed", gatewaytest.Content("unsealed", 1000))

	ours := w.Contract
	w.Contract = w.NewContract(t, gatewaytest.Terms("OTHER-2", w.Client, w.Provider))
	w.Join(t, w.Contract)
	_, foreign := w.Sent(t, 1)
	w.Contract = ours

	// An upload that was refused leaves a document behind that was never received, in a
	// batch that is sealed then.
	failing := w.Open(t, "lot-failing")
	n := gatewaytest.Incoming(failing, "refused", gatewaytest.Content("refused", 1000))
	n.Digests = []gateway.Digest{{Field: "Content-Digest", Algorithm: gateway.DigestSHA256, Sum: bytes.Repeat([]byte{1}, 32)}}
	_, _, err := w.Gateway.Upload(t.Context(), w.System, n, bytes.NewReader(gatewaytest.Content("refused", 1000)))
	wantInvalid(t, err, gateway.InvalidDigestMismatch)
	var abandoned gateway.DocumentID
	if err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT id FROM document WHERE batch = $1", string(failing)).Scan(&abandoned); err != nil {
		t.Fatal(err)
	}
	good, _ := w.Upload(t, failing, "good", gatewaytest.Content("good", 1000))
	w.Seal(t, failing, []gateway.Document{good})

	assign := func(batch gateway.BatchID, named ...gateway.DocumentID) error {
		_, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, Documents: named})
		return err
	}
	unknown := assign(batch, documents[0].ID, "d_aaaaaaaaaaaaaaaaaaaaaaaaaa")
	wantInvalid(t, unknown, gateway.InvalidParameter)
	for name, err := range map[string]error{
		"of another batch":                assign(batch, documents[0].ID, elsewhere[0].ID),
		"of a batch that is still filled": assign(batch, documents[0].ID, unsealed.ID),
		"of another contract":             assign(batch, documents[0].ID, foreign[0].ID),
		"never received":                  assign(failing, good.ID, abandoned),
	} {
		if err == nil || err.Error() != unknown.Error() {
			t.Errorf("a document %s: %v, want %v", name, err, unknown)
		}
	}
	if n := countRows(t, w, "assignment"); n != 0 {
		t.Errorf("%d assignments were kept of those that were refused", n)
	}
	if err := assign(batch, documents[0].ID, documents[0].ID); err != nil {
		t.Errorf("a document named twice: %v", err)
	}
	if n := countRows(t, w, "assignment_document"); n != 1 {
		t.Errorf("%d documents assigned, want one", n)
	}
}

func countRows(t *testing.T, w *gatewaytest.World, table string) (n int) {
	t.Helper()
	if err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Work goes to handlers of the contract, one person a document.
func TestAssignmentsAreRefused(t *testing.T) {
	needs.NoRace(t, "one caller")
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, documents := w.Sent(t, 3)
	assign := func(batch gateway.BatchID, who gateway.Caller, named ...gateway.DocumentID) error {
		_, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: who.Person, Documents: named, All: len(named) == 0})
		return err
	}
	for name, who := range map[string]gateway.Caller{"the client's system": w.System, "a manager": w.ProviderManager,
		"another provider's handler": w.Stranger, "a compliance officer": w.Officer, "one who is not known": {Person: "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"}} {
		if err := assign(batch, who); err == nil {
			t.Errorf("work for %s", name)
		} else {
			wantInvalid(t, err, gateway.InvalidParameter)
		}
	}
	wantInvalid(t, assign(batch, w.Handler, make([]gateway.DocumentID, 10_001)...), gateway.InvalidParameter)

	empty := w.Open(t, "lot-empty")
	if err := assign(empty, w.Handler); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("documents of a batch that is still filled: %v", err)
	}
	w.Seal(t, empty, nil)
	wantConflict(t, assign(empty, w.Handler), gateway.ConflictState)

	if err := assign(batch, w.Handler, documents[0].ID); err != nil {
		t.Fatal(err)
	}
	for name, named := range map[string][]gateway.DocumentID{"alone": {documents[0].ID}, "among others": {documents[1].ID, documents[0].ID}, "with the whole": nil} {
		for _, who := range []gateway.Caller{w.Handler, w.Colleague} {
			if name == "alone" && who.Person == w.Handler.Person {
				continue // the same request again
			}
			if err := assign(batch, who, named...); err == nil {
				t.Errorf("an assigned document was assigned again, %s", name)
			} else {
				wantConflict(t, err, gateway.ConflictAssigned)
			}
		}
	}
	if err := assign(batch, w.Colleague, documents[1].ID, documents[2].ID); err != nil {
		t.Errorf("the others: %v", err)
	}
}

// An empty list of documents is what a script sends whose own listing came back empty. It
// assigns nothing; the whole batch is assigned only where it is asked for.
func TestAnEmptyListAssignsNothing(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, documents := w.Sent(t, 2)
	for name, n := range map[string]gateway.NewAssignment{
		"nothing said":  {Person: w.Handler.Person},
		"an empty list": {Person: w.Handler.Person, Documents: []gateway.DocumentID{}},
		"both":          {Person: w.Handler.Person, Documents: []gateway.DocumentID{documents[0].ID}, All: true},
	} {
		_, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, n)
		if err == nil {
			t.Fatalf("%s was assigned", name)
		}
		wantInvalid(t, err, gateway.InvalidParameter)
	}
	if n := countRows(t, w, "assignment_document"); n != 0 {
		t.Errorf("%d documents assigned", n)
	}
	a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, All: true})
	if err != nil || len(a.Documents) != 2 {
		t.Errorf("the whole batch: %d documents, %v", len(a.Documents), err)
	}
}

// A person who manages and handles sees what either role may see: all documents of a
// batch, assigned to them or not. A handler alone sees their own.
func TestAPersonOfTwoRolesSeesWhatEitherMaySee(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, _ := w.Sent(t, 2)
		if _, err := w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract, gateway.NewMembership{Person: w.Colleague.Person, Role: policy.RoleProviderManager}); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			who  gateway.Caller
			want int
		}{"a handler": {w.Handler, 0}, "a manager": {w.ProviderManager, 2}, "both": {w.Colleague, 2}} {
			list, _, err := w.Gateway.Documents(t.Context(), c.who, batch, gateway.Page{})
			if err != nil || len(list) != c.want {
				t.Errorf("%s sees %d documents, %v; want %d", name, len(list), err, c.want)
			}
		}
	})
}

// A lease that is taken again while it is held keeps its end. After its end it is a new
// lease.
func TestALeaseTakenAgainIsNotLonger(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, documents := w.Sent(t, 1)
	first := w.Taken(t, batch)
	for range 3 {
		w.Clock.Advance(2 * time.Hour)
		again, err := w.Gateway.Lease(t.Context(), w.Handler, first.ID)
		if err != nil || !again.LeaseUntil.Equal(first.LeaseUntil) || !again.LeaseFrom.Equal(first.LeaseFrom) {
			t.Errorf("%+v, %v; want the lease from %v until %v", again, err, first.LeaseFrom, first.LeaseUntil)
		}
	}
	if n := countRows(t, w, "lease"); n != 1 {
		t.Errorf("%d leases", n)
	}
	w.Clock.Advance(2 * time.Hour)
	_, err := w.Read(t, w.Handler, documents[0].ID)
	wantDenied(t, err, policy.ReasonLeaseExpired)
	again, err := w.Gateway.Lease(t.Context(), w.Handler, first.ID)
	if err != nil || !again.LeaseUntil.Equal(w.Clock.Now().Add(8*time.Hour)) {
		t.Errorf("after its end: %+v, %v", again, err)
	}
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Error(err)
	}
}

// The end of a handler's role ends the assignments under it. Their documents can be
// assigned to another person, and do not come back with the role.
func TestTheEndOfARoleEndsItsAssignments(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		g, ctx := w.Gateway, t.Context()
		who := w.Person(t, w.Provider, "Hélène Handler")
		grant := func(role policy.Role) gateway.Membership {
			t.Helper()
			m, err := g.GrantRole(ctx, w.Manager, w.Contract, gateway.NewMembership{Person: who.Person, Role: role})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		handler, manager := grant(policy.RoleHandler), grant(policy.RoleProviderManager)
		batch, documents := w.Sent(t, 2)
		take := func(d gateway.Document) {
			t.Helper()
			a, err := g.Assign(ctx, w.ProviderManager, batch, gateway.NewAssignment{Person: who.Person, Documents: []gateway.DocumentID{d.ID}})
			if err == nil {
				_, err = g.Lease(ctx, who, a.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		take(documents[0])

		// The end of another role ends no assignment.
		if err := g.EndRole(ctx, w.Manager, w.Contract, manager.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Read(t, who, documents[0].ID); err != nil {
			t.Errorf("after the end of another role: %v", err)
		}
		if err := g.EndRole(ctx, w.Manager, w.Contract, handler.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Read(t, who, documents[0].ID); err == nil {
			t.Error("read after the end of the role")
		}
		grant(policy.RoleHandler)
		_, err := w.Read(t, who, documents[0].ID)
		wantDenied(t, err, policy.ReasonNotAssigned)
		if _, err := g.Assign(ctx, w.ProviderManager, batch, gateway.NewAssignment{Person: w.Colleague.Person, Documents: []gateway.DocumentID{documents[0].ID}}); err != nil {
			t.Errorf("assigning to another person: %v", err)
		}
		// The end of a role under one contract ends no assignment under another.
		other := w.NewContract(t, gatewaytest.Terms("OTHER-2", w.Client, w.Provider))
		there, err := g.GrantRole(ctx, w.Manager, other, gateway.NewMembership{Person: who.Person, Role: policy.RoleHandler})
		if err != nil {
			t.Fatal(err)
		}
		take(documents[1])
		if err := g.EndRole(ctx, w.Manager, other, there.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Read(t, who, documents[1].ID); err != nil {
			t.Errorf("after the end of the role on another contract: %v", err)
		}
	})
}

// A role on a contract goes to members of its side, is held once, and is ended on its own
// contract alone.
func TestRolesAreRefused(t *testing.T) {
	needs.NoRace(t, "one caller")
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	g, ctx := w.Gateway, t.Context()
	ours, theirs := w.Person(t, w.Client, "Claire Client"), w.Person(t, w.Provider, "Pia Provider")
	gone := w.Person(t, w.Provider, "Gina Gone")
	if err := g.EndMember(ctx, w.Operator, gone.Person); err != nil {
		t.Fatal(err)
	}
	grant := func(who gateway.PersonID, role policy.Role) error {
		_, err := g.GrantRole(ctx, w.Manager, w.Contract, gateway.NewMembership{Person: who, Role: role})
		return err
	}
	sides := map[policy.Role]gateway.Caller{policy.RoleClientSystem: ours, policy.RoleContractManager: ours,
		policy.RoleProviderManager: theirs, policy.RoleHandler: theirs, policy.RoleProviderCompliance: theirs}
	for role, member := range sides {
		other := ours
		if member.Person == ours.Person {
			other = theirs
		}
		for name, who := range map[string]gateway.PersonID{"the other side": other.Person, "another provider": w.Stranger.Person,
			"the operator": w.Operator.Person, "one who is not known": "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", "a leaver": gone.Person} {
			if err := grant(who, role); err == nil {
				t.Errorf("%s for %s", role, name)
			} else {
				wantInvalid(t, err, gateway.InvalidParameter)
			}
		}
	}
	for _, role := range []policy.Role{policy.RoleOperator, policy.RoleAuditor, policy.RoleComplianceOfficer, "", "chief"} {
		for _, who := range []gateway.Caller{ours, theirs} {
			if err := grant(who.Person, role); err == nil {
				t.Errorf("%q is a role on a contract", role)
			}
		}
	}
	if err := grant(theirs.Person, policy.RoleHandler); err != nil {
		t.Fatal(err)
	}
	if err := grant(theirs.Person, policy.RoleHandler); err != nil {
		t.Errorf("the same request again: %v", err)
	}
	_, err := g.GrantRole(ctx, w.Manager, w.Contract, gateway.NewMembership{Person: theirs.Person, Role: policy.RoleHandler, Until: w.Clock.Now().Add(time.Hour)})
	wantConflict(t, err, gateway.ConflictState)

	other := w.NewContract(t, gatewaytest.Terms("OTHER-2", w.Client, w.Provider))
	list, _, err := g.Memberships(ctx, w.Manager, w.Contract, gateway.Page{})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	if err := g.EndRole(ctx, w.Manager, other, list[0].ID); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("ending a role through another contract: %v", err)
	}
}
