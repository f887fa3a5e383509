package policy_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/bordereau/bordereau/policy"
)

// The parties of testdata/motor-claims.yaml, and an outsider.
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
	if role == policy.RoleClientSystem || role == policy.RoleContractManager {
		return insurer
	}
	return indexer
}

// favourable are facts of the motor contract under which every condition of the act holds
// for a person with a rule.
func favourable(role policy.Role, action policy.Action) policy.Facts {
	f := policy.Facts{
		Action: action, Person: amina, Organisation: organisationOf(role), MemberActive: true, Roles: []policy.Role{role},
		Now: wednesday, Address: netip.MustParseAddr("192.0.2.7"),
		Contract: &policy.Contract{Status: policy.StatusActive},
		Batch:    &policy.Batch{State: policy.BatchSealed},
		Incoming: &policy.Incoming{MediaType: "application/pdf", Size: 1000},
		Document: &policy.Document{State: policy.DocumentReceived, Size: 1000},
		Work:     &policy.Work{Assigned: true, Lease: policy.LeaseHeld},
		Reading:  &policy.Reading{},
		Holds:    &policy.Holds{},
	}
	switch action {
	case policy.ActionBatchSeal, policy.ActionBatchWithdraw:
		f.Batch.State = policy.BatchOpen
	case policy.ActionDocumentWithdraw:
		f.Class, f.Batch.State = "claim-form", policy.BatchOpen
	case policy.ActionDocumentReceive:
		f.Class, f.Batch.State = "claim-form", policy.BatchOpen
	case policy.ActionDocumentInspect, policy.ActionDocumentRead, policy.ActionReceiptRead:
		f.Class = "claim-form"
	}
	return f
}

// copied are the same facts in groups of their own.
func copied(f policy.Facts) policy.Facts {
	v := reflect.ValueOf(&f).Elem()
	for _, field := range v.Fields() {
		if field.Kind() == reflect.Pointer && !field.IsNil() {
			group := reflect.New(field.Type().Elem())
			group.Elem().Set(field.Elem())
			field.Set(group)
		}
	}
	return f
}
