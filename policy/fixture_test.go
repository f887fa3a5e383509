package policy_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bordereau/bordereau/policy"
)

// The parties of testdata/motor-claims.yaml, and somebody else.
const (
	insurer  policy.OrganisationID = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	indexer  policy.OrganisationID = "o_bbbbbbbbbbbbbbbbbbbbbbbbbb"
	stranger policy.OrganisationID = "o_zzzzzzzzzzzzzzzzzzzzzzzzzz"

	amina policy.PersonID = "p_aminaaaaaaaaaaaaaaaaaaaaaa"
	bruno policy.PersonID = "p_brunoaaaaaaaaaaaaaaaaaaaaa"
)

// A Wednesday, 10:00 in Paris.
var wednesday = time.Date(2026, 5, 6, 8, 0, 0, 0, time.UTC)

func read(tb testing.TB, file string) *policy.Terms {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	return parse(tb, string(text))
}

func parse(tb testing.TB, text string) *policy.Terms {
	tb.Helper()
	terms, err := policy.ParseTerms([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return terms
}

func compile(tb testing.TB, terms *policy.Terms) *policy.Compiled {
	tb.Helper()
	c, err := policy.Compile("c_motor", 1, terms)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func motor(tb testing.TB) *policy.Compiled { return compile(tb, read(tb, "motor-claims.yaml")) }

// organisationOf is the party of the motor contract whose people hold the role.
func organisationOf(role policy.Role) policy.OrganisationID {
	if role == policy.RoleClientSystem {
		return insurer
	}
	return indexer
}

// favourable are facts of the motor contract under which every condition of the act holds for whoever has a rule.
func favourable(role policy.Role, action policy.Action) policy.Facts {
	f := policy.Facts{
		Action: action, Person: amina, Organisation: organisationOf(role), MemberActive: true, Roles: []policy.Role{role},
		Now: wednesday, Address: netip.MustParseAddr("192.0.2.7"), Status: policy.StatusActive, Size: -1,
	}
	switch action {
	case policy.ActionBatchSeal:
		f.Batch = policy.BatchOpen
	case policy.ActionBatchRead:
		f.Batch = policy.BatchSealed
	case policy.ActionAssignmentCreate, policy.ActionAssignmentLease:
		f.Batch, f.Assigned = policy.BatchSealed, true
	case policy.ActionDocumentReceive:
		f.Class, f.MediaType, f.Size, f.Batch = "claim-form", "application/pdf", 1000, policy.BatchOpen
	case policy.ActionDocumentInspect, policy.ActionDocumentRead, policy.ActionReceiptRead:
		f.Class, f.MediaType, f.Size = "claim-form", "application/pdf", 1000
		f.Batch, f.Document = policy.BatchSealed, policy.DocumentReceived
		f.Assigned, f.Lease = true, policy.LeaseHeld
	}
	return f
}
