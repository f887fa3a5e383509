package httpapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// roles are the askers. testdata/matrix.txt describes them.
var roles = []string{"client-system", "proposer", "approver", "officer", "auditor", "provider-manager", "handler", "assigned",
	"unassigned", "watcher", "operator", "member", "leaver", "outsider", "anonymous"}

// cast are the askers of a side. The other askers are added by hand: the operator, the
// leaver, the outsider and the anonymous one.
var cast = []struct {
	asker string
	of    policy.OrganisationKind
	duty  policy.Role // in the organisation
	role  policy.Role // on the contract
}{
	{"client-system", policy.KindClient, "", policy.RoleClientSystem},
	{"proposer", policy.KindClient, policy.RoleContractManager, ""},
	{"approver", policy.KindClient, policy.RoleContractManager, ""},
	{"officer", policy.KindClient, policy.RoleComplianceOfficer, ""},
	{"auditor", policy.KindClient, policy.RoleAuditor, ""},
	{"member", policy.KindClient, "", ""},
	{"provider-manager", policy.KindProvider, "", policy.RoleProviderManager},
	{"handler", policy.KindProvider, "", policy.RoleHandler},
	{"assigned", policy.KindProvider, "", policy.RoleHandler},
	{"unassigned", policy.KindProvider, "", policy.RoleHandler},
	{"watcher", policy.KindProvider, "", policy.RoleProviderCompliance},
}

// Every role that policy knows asks every question of the matrix.
func TestEveryRoleAsksInTheMatrix(t *testing.T) {
	held := map[policy.Role]bool{policy.RoleOperator: slices.Contains(roles, "operator")}
	for _, c := range cast {
		if !slices.Contains(roles, c.asker) {
			t.Errorf("%s asks nothing", c.asker)
		}
		held[c.duty], held[c.role] = true, true
	}
	for _, r := range policy.Roles() {
		if !held[r.Role] {
			t.Errorf("no asker of the matrix is a %s", r.Role)
		}
	}
}

// side is a client and a provider with their people.
type side struct {
	client, provider gateway.OrganisationID
	people           map[string]gateway.Caller // by role
}

func (s *service) newSide(t *testing.T, name string) *side {
	t.Helper()
	x := &side{client: s.Organisation(t, gateway.KindClient, "Client "+name), provider: s.Organisation(t, gateway.KindProvider, "Provider "+name)}
	x.people = map[string]gateway.Caller{"operator": s.Operator, "outsider": s.Stranger, "anonymous": s.Operator} // anonymous requests lose the token
	for _, c := range cast {
		organisation, duties := x.client, []policy.Role{c.duty}
		if c.of == policy.KindProvider {
			organisation = x.provider
		}
		if c.duty == "" {
			duties = nil
		}
		x.people[c.asker] = s.Person(t, organisation, "Pat "+c.asker, duties...)
	}
	return x
}

// fixture is one contract with all its objects, in one state of the matrix.
type fixture struct {
	side        *side
	contract    gateway.ContractID
	terms       string // as proposed
	batch       gateway.BatchID
	manifest    gateway.Manifest
	documents   map[string]gateway.Document // by the assigned handler; "" for documents that every role asks about
	receipt     gateway.ReceiptID
	assignments map[string]gateway.AssignmentID
	another     gateway.Caller         // a handler who is not among the askers
	membership  gateway.MembershipID   // of another
	newcomer    gateway.Caller         // a person of the provider without any role
	leaver      gateway.Caller         // a handler with a lease who has left
	ledger      string                 // the ledger that the audit questions ask
	client      gateway.OrganisationID // for whom a contract is proposed
	hold        gateway.HoldID         // on the leaver's document
	erasure     gateway.ErasureID      // that is complete
	proposal    gateway.ErasureID      // to erase a contract; empty where none can be
	traces      gateway.ErasureID      // proposed, of the leaver's personal data in the ledger
	tracesHold  gateway.HoldID         // on the leaver's events
	furnished   bool                   // with objects that other operations do not expect
	count       int                    // makes references new
}

// newFixture builds a contract of the side in the state.
func (s *service) newFixture(t *testing.T, x *side, state string) *fixture {
	t.Helper()
	c := &fixture{side: x, ledger: string(x.client), client: x.client, documents: map[string]gateway.Document{},
		assignments: map[string]gateway.AssignmentID{}}
	s.contractOf(t, c, state)
	if state != "proposed" {
		s.batchOf(t, c, state)
	}
	if err := s.Gateway.EndMember(t.Context(), s.Operator, c.leaver.Person); err != nil {
		t.Fatal(err)
	}
	switch state {
	case "active":
		officer := x.people["officer"]
		c.traces = made(s.Gateway.ProposePersonErasure(t.Context(), officer, c.ledger, c.leaver.Person, "request 4"))(t).ID
		c.tracesHold = made(s.Gateway.HoldPerson(t.Context(), officer, c.ledger, c.leaver.Person, "case 17"))(t).ID
	case "expired":
		s.Clock.Advance(24 * time.Hour)
		s.proposeErasure(t, c)
	case "suspended":
		made(s.Gateway.SuspendContract(t.Context(), x.people["proposer"], c.contract, "incident"))(t)
	case "terminated":
		made(s.Gateway.TerminateContract(t.Context(), x.people["proposer"], c.contract, "end"))(t)
		s.proposeErasure(t, c)
	case "erased":
		for _, role := range []string{"", "assigned"} {
			c.erasure = made(s.Gateway.EraseDocument(t.Context(), x.people["proposer"], c.documents[role].ID, "asked for"))(t).ID
		}
	case "gone":
		s.eraseContract(t, c)
	case "operator":
		c.ledger = "operator"
		c.traces, c.tracesHold = missing(x).traces, missing(x).tracesHold // nothing was proposed there
	}
	return c
}

// made gives the new object and ends the test on an error.
func made[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (s *service) proposeErasure(t *testing.T, c *fixture) {
	t.Helper()
	c.proposal = made(s.Gateway.ProposeErasure(t.Context(), c.side.people["proposer"], c.contract, "over"))(t).ID
}

// eraseContract erases a whole contract. It lifts the hold first; otherwise the document
// under it would be spared.
func (s *service) eraseContract(t *testing.T, c *fixture) {
	t.Helper()
	people := c.side.people
	c.hold = made(s.Gateway.HoldDocument(t.Context(), people["officer"], c.documents["leaver"].ID, "a case"))(t).ID
	made(s.Gateway.LiftHold(t.Context(), people["officer"], c.hold))(t)
	made(s.Gateway.TerminateContract(t.Context(), people["proposer"], c.contract, "end"))(t)
	s.proposeErasure(t, c)
	c.erasure = made(s.Gateway.ApproveErasure(t.Context(), people["approver"], c.proposal))(t).ID
}

// furnish adds objects that only few operations ask for: a hold, and a complete erasure.
func (s *service) furnish(t *testing.T, r route, c *fixture) {
	t.Helper()
	people := c.side.people
	if strings.Contains(r.path, "{hold}") && c.hold == "" {
		c.hold = made(s.Gateway.HoldDocument(t.Context(), people["officer"], c.documents["leaver"].ID, "a case"))(t).ID
		c.furnished = true
	}
	if strings.Contains(r.path, "{erasure}") && c.erasure == "" {
		c.erasure = made(s.Gateway.EraseDocument(t.Context(), people["proposer"], c.documents["assigned"].ID, "asked for"))(t).ID
		c.furnished = true
	}
}

// contractOf proposes and approves the contract, and gives all people their role on it.
func (s *service) contractOf(t *testing.T, c *fixture, state string) {
	t.Helper()
	x := c.side
	terms := string(gatewaytest.Terms("C-"+policy.NewID("x")[2:12], x.client, x.provider))
	if state == "expired" {
		terms = strings.Replace(terms, "2027-12-31", s.Clock.Now().Format(time.DateOnly), 1)
	}
	made, err := s.Gateway.ProposeContract(t.Context(), x.people["proposer"], []byte(terms))
	if err != nil {
		t.Fatal(err)
	}
	c.contract, c.terms = made.ID, terms
	if state != "proposed" {
		if _, err := s.Gateway.ApproveContract(t.Context(), x.people["approver"], c.contract, 1); err != nil {
			t.Fatal(err)
		}
	}
	grant := func(who gateway.Caller, role policy.Role) gateway.MembershipID {
		m, err := s.Gateway.GrantRole(t.Context(), x.people["proposer"], c.contract, gateway.NewMembership{Person: who.Person, Role: role})
		if err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	for _, member := range cast {
		if member.role != "" {
			grant(x.people[member.asker], member.role)
		}
	}
	c.leaver, c.newcomer = s.Person(t, x.provider, "leaver"), s.Person(t, x.provider, "newcomer")
	grant(c.leaver, policy.RoleHandler)
	c.another = s.Person(t, x.provider, "another")
	c.membership = grant(c.another, policy.RoleHandler)
}

// batchOf fills a batch and takes it as far as the state says.
func (s *service) batchOf(t *testing.T, c *fixture, state string) {
	t.Helper()
	x, ctx := c.side, t.Context()
	b, _, err := s.Gateway.OpenBatch(ctx, x.people["client-system"], c.contract, "lot-1")
	if err != nil {
		t.Fatal(err)
	}
	c.batch = b.ID
	for _, role := range []string{"", "assigned", "leaver"} {
		content := gatewaytest.Content("claim"+role, 1000)
		d, r, err := s.Gateway.Upload(ctx, x.people["client-system"], gatewaytest.Incoming(c.batch, "claim"+role, content), strings.NewReader(string(content)))
		if err != nil {
			t.Fatal(err)
		}
		c.documents[role] = d
		if role == "" {
			c.receipt = r.ID
		}
	}
	c.manifest = gateway.Manifest{Documents: 3, Bytes: 3000}
	if state == "open" {
		return
	}
	if _, err := s.Gateway.SealBatch(ctx, x.people["client-system"], c.batch, c.manifest); err != nil {
		t.Fatal(err)
	}
	if state == "sealed" {
		return
	}
	for role, who := range map[string]gateway.Caller{"": x.people["handler"], "assigned": x.people["assigned"], "leaver": c.leaver} {
		a, err := s.Gateway.Assign(ctx, x.people["provider-manager"], c.batch, gateway.NewAssignment{Person: who.Person, Documents: []gateway.DocumentID{c.documents[role].ID}})
		if err != nil {
			t.Fatal(err)
		}
		c.assignments[role] = a.ID
		if role == "assigned" || state == "unleased" {
			continue
		}
		if _, err := s.Gateway.Lease(ctx, who, a.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// missing is a fixture of objects that do not exist.
func missing(x *side) *fixture {
	const nothing = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	return &fixture{side: x, contract: "c_" + nothing, batch: "b_" + nothing, receipt: "r_" + nothing, membership: "m_" + nothing,
		documents: map[string]gateway.Document{"": {ID: "d_" + nothing}}, assignments: map[string]gateway.AssignmentID{"": "a_" + nothing},
		newcomer: gateway.Caller{Person: "p_" + nothing}, another: gateway.Caller{Person: "p_" + nothing}, ledger: "o_" + nothing, client: "o_" + nothing,
		terms: string(gatewaytest.Terms("C-1", x.client, x.provider)), hold: "h_" + nothing, erasure: "x_" + nothing,
		traces: "x_" + nothing, tracesHold: "h_" + nothing}
}

// asked gives the fixture's values for the parameters of a path. A role with a document
// of its own asks for that one.
func (c *fixture) asked(at cell) map[string]string {
	own, erasure, hold := "", c.erasure, c.hold
	if _, ok := c.documents[at.role]; ok {
		own = at.role
	}
	if at.operation == "approveErasure" && c.proposal != "" {
		erasure = c.proposal
	}
	if strings.Contains(at.operation, "Person") {
		erasure, hold = c.traces, c.tracesHold
	}
	return map[string]string{"contract": string(c.contract), "batch": string(c.batch), "document": string(c.documents[own].ID),
		"assignment": string(c.assignments[own]), "receipt": string(c.receipt), "membership": string(c.membership),
		"organisation": string(c.client), "person": string(c.newcomer.Person), "ledger": c.ledger, "reference": c.fresh(),
		"hold": string(hold), "erasure": string(erasure), "version": "1", "seq": "0", "tile": "0/000.p/1", "question": "denials"}
}

// fresh is an unused reference.
func (c *fixture) fresh() string {
	c.count++
	return fmt.Sprintf("new-%s-%d", policy.NewID("x")[2:8], c.count)
}
