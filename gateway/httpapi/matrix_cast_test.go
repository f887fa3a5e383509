package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// roles are those who ask. testdata/matrix.txt says who they are.
var roles = []string{"client-system", "proposer", "approver", "officer", "auditor", "provider-manager", "handler", "assigned",
	"unassigned", "operator", "member", "leaver", "stranger", "nobody"}

// side is a client and a provider with their people.
type side struct {
	client, provider gateway.OrganisationID
	people           map[string]gateway.Caller // by role
}

func (s *service) newSide(t *testing.T, name string) *side {
	t.Helper()
	x := &side{client: s.Organisation(t, gateway.KindClient, "Client "+name), provider: s.Organisation(t, gateway.KindProvider, "Provider "+name)}
	x.people = map[string]gateway.Caller{"operator": s.Operator, "stranger": s.Stranger, "nobody": s.Operator} // whose token is taken away
	for role, duty := range map[string]policy.Role{"proposer": policy.RoleContractManager, "approver": policy.RoleContractManager,
		"officer": policy.RoleComplianceOfficer, "auditor": policy.RoleAuditor} {
		x.people[role] = s.Person(t, x.client, "Pat "+role, duty)
	}
	for role, organisation := range map[string]gateway.OrganisationID{"member": x.client, "client-system": x.client,
		"provider-manager": x.provider, "handler": x.provider, "assigned": x.provider, "unassigned": x.provider} {
		x.people[role] = s.Person(t, organisation, "Pat "+role)
	}
	return x
}

// scenery is one contract with all that hangs on it, in one state of the matrix.
type scenery struct {
	side        *side
	contract    gateway.ContractID
	batch       gateway.BatchID
	manifest    gateway.Manifest
	documents   map[string]gateway.Document // by whom they are assigned to; "" for everybody's question
	receipt     gateway.ReceiptID
	assignments map[string]gateway.AssignmentID
	another     gateway.Caller         // a handler who asks nothing
	membership  gateway.MembershipID   // of another
	newcomer    gateway.Caller         // a person of the provider without any role
	leaver      gateway.Caller         // a handler with a lease who has left
	erasure     gateway.ErasureID      // proposed, of the leaver's traces
	hold        gateway.HoldID         // on the leaver
	ledger      string                 // whose audit trail is asked
	client      gateway.OrganisationID // for whom a contract is proposed
	count       int                    // makes references new
}

// scenery builds a contract of the side in the state.
func (s *service) scenery(t *testing.T, x *side, state string) *scenery {
	t.Helper()
	c := &scenery{side: x, ledger: string(x.client), client: x.client, documents: map[string]gateway.Document{},
		assignments: map[string]gateway.AssignmentID{}}
	s.contractOf(t, c, state)
	if state != "proposed" {
		s.batchOf(t, c, state)
	}
	if err := s.Gateway.EndMember(t.Context(), s.Operator, c.leaver.Person); err != nil {
		t.Fatal(err)
	}
	var err error
	switch state {
	case "active":
		err = s.traces(t, c)
	case "expired":
		s.Clock.Advance(24 * time.Hour)
	case "suspended":
		_, err = s.Gateway.SuspendContract(t.Context(), x.people["proposer"], c.contract, "incident")
	case "terminated":
		_, err = s.Gateway.TerminateContract(t.Context(), x.people["proposer"], c.contract, "end")
	case "operator":
		c.ledger = "operator"
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// traces has the erasure of the leaver's traces proposed, and a hold put on them.
func (s *service) traces(t *testing.T, c *scenery) error {
	t.Helper()
	officer := c.side.people["officer"]
	e, err := s.Gateway.ProposePersonErasure(t.Context(), officer, c.ledger, c.leaver.Person, "request 4")
	if err != nil {
		return err
	}
	h, err := s.Gateway.HoldPerson(t.Context(), officer, c.ledger, c.leaver.Person, "case 17")
	c.erasure, c.hold = e.ID, h.ID
	return err
}

// contractOf proposes and approves the contract, and gives everybody their role on it.
func (s *service) contractOf(t *testing.T, c *scenery, state string) {
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
	c.contract = made.ID
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
	grant(x.people["client-system"], policy.RoleClientSystem)
	grant(x.people["provider-manager"], policy.RoleProviderManager)
	for _, role := range []string{"handler", "assigned", "unassigned"} {
		grant(x.people[role], policy.RoleHandler)
	}
	c.leaver, c.newcomer = s.Person(t, x.provider, "leaver"), s.Person(t, x.provider, "newcomer")
	grant(c.leaver, policy.RoleHandler)
	c.another = s.Person(t, x.provider, "another")
	c.membership = grant(c.another, policy.RoleHandler)
}

// batchOf fills a batch and takes it as far as the state says.
func (s *service) batchOf(t *testing.T, c *scenery, state string) {
	t.Helper()
	x, ctx := c.side, t.Context()
	b, err := s.Gateway.OpenBatch(ctx, x.people["client-system"], c.contract, "lot-1")
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

// missing is scenery of which nothing exists.
func missing(x *side) *scenery {
	const nothing = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	return &scenery{side: x, contract: "c_" + nothing, batch: "b_" + nothing, receipt: "r_" + nothing, membership: "m_" + nothing,
		documents: map[string]gateway.Document{"": {ID: "d_" + nothing}}, assignments: map[string]gateway.AssignmentID{"": "a_" + nothing},
		newcomer: gateway.Caller{Person: "p_" + nothing}, another: gateway.Caller{Person: "p_" + nothing}, ledger: "o_" + nothing, client: "o_" + nothing,
		erasure: "x_" + nothing, hold: "h_" + nothing}
}

// asked is the scenery's values for the parameters of a path, as the role asks for them: those who hold a document of
// their own ask for that one.
func (c *scenery) asked(role string) map[string]string {
	own := ""
	if _, ok := c.documents[role]; ok {
		own = role
	}
	return map[string]string{"contract": string(c.contract), "batch": string(c.batch), "document": string(c.documents[own].ID),
		"assignment": string(c.assignments[own]), "receipt": string(c.receipt), "membership": string(c.membership),
		"organisation": string(c.client), "person": string(c.newcomer.Person), "ledger": c.ledger, "reference": c.fresh(),
		"erasure": string(c.erasure), "hold": string(c.hold)}
}

// fresh is a reference that was not used before.
func (c *scenery) fresh() string {
	c.count++
	return fmt.Sprintf("new-%s-%d", policy.NewID("x")[2:8], c.count)
}
