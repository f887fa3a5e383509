package policy_test

import (
	"testing"

	"github.com/bordereau/bordereau/policy"
)

// Towards whom each role has a duty: own is the person's organisation, and what it is the
// client of.
const dutyOf = `
                     operator  contract-manager  compliance-officer  auditor  client-system  provider-manager  handler  provider-compliance
organisation.create  any       -                 -                   -        -              -                 -        -
member.add           any       -                 -                   -        -              -                 -        -
member.leave         any       -                 -                   -        -              -                 -        -
credential.issue     any       -                 -                   -        -              -                 -        -
token.issue          any       any               any                 any      any            any               any      any
contract.list        any       any               any                 any      any            any               any      any
batch.list           any       any               any                 any      any            any               any      any
assignment.list      any       any               any                 any      any            any               any      any
question.list        any       any               any                 any      any            any               any      any
role.grant           -         own               -                   -        -              -                 -        -
role.end             -         own               -                   -        -              -                 -        -
role.list            -         own               own                 own      -              -                 -        -
contract.propose     -         own               -                   -        -              -                 -        -
contract.approve     -         own               -                   -        -              -                 -        -
contract.suspend     -         own               own                 -        -              -                 -        -
contract.resume      -         own               -                   -        -              -                 -        -
contract.terminate   -         own               -                   -        -              -                 -        -
contract.read        -         own               own                 own      any            any               any      any
contract.amend       -         own               -                   -        -              -                 -        -
contract.exit        -         own               -                   -        -              -                 -        -
policy.who           -         own               own                 -        -              -                 -        -
policy.past          -         own               own                 -        -              -                 -        -
policy.impact        -         own               own                 -        -              -                 -        -
policy.simulate      -         own               own                 -        -              -                 -        -
audit.query          -         -                 own                 own      -              -                 -        any
audit.export         -         -                 own                 own      -              -                 -        any
audit.prove          -         -                 own                 own      -              -                 -        -
hold.place           -         -                 own                 -        -              -                 -        -
hold.lift            -         -                 own                 -        -              -                 -        -
hold.list            -         own               own                 own      -              -                 -        -
document.erase       -         own               -                   -        -              -                 -        -
erasure.propose      -         own               -                   -        -              -                 -        -
contract.erase       -         own               -                   -        -              -                 -        -
erasure.read         -         own               own                 own      -              -                 -        -
privacy.propose      -         -                 own                 -        -              -                 -        -
privacy.erase        -         own               own                 -        -              -                 -        -
privacy.read         -         own               own                 own      -              -                 -        -
batch.open           -         -                 -                   -        -              -                 -        -
document.receive     -         -                 -                   -        -              -                 -        -
document.read        -         -                 -                   -        -              -                 -        -
`

func duties(tb testing.TB) *policy.Duties {
	tb.Helper()
	d, err := policy.NewDuties()
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// dutiful are facts of a duty towards the person's own organisation, under which every
// condition holds.
func dutiful(role policy.Role, action policy.Action) policy.Facts {
	return policy.Facts{Action: action, Person: amina, Organisation: insurer, MemberActive: true, Roles: []policy.Role{role}, Now: wednesday,
		SignIn: &policy.SignIn{Authenticated: true}, Object: &policy.Object{Organisation: insurer},
		Contract: &policy.Contract{Status: policy.StatusActive}, Dates: &policy.Dates{Expired: true}, Holds: &policy.Holds{},
		Proposal: &policy.Proposal{By: bruno}, Subject: &policy.Subject{Person: bruno}}
}

func TestDuties(t *testing.T) {
	d := duties(t)
	grid(dutyOf, func(action, role, reach string) {
		own := dutiful(policy.Role(role), policy.Action(action))
		other, unknown := copied(own), copied(own)
		other.Object.Organisation = stranger
		unknown.Organisation, unknown.Object.Organisation = "", ""
		for _, test := range []struct {
			facts policy.Facts
			want  policy.Reason
		}{
			{own, map[string]policy.Reason{"any": policy.ReasonAllowed, "own": policy.ReasonAllowed, "-": policy.ReasonNoRule}[reach]},
			{other, map[string]policy.Reason{"any": policy.ReasonAllowed, "own": policy.ReasonOtherOrganisation, "-": policy.ReasonNoRule}[reach]},
			{unknown, map[string]policy.Reason{"any": policy.ReasonAllowed, "own": policy.ReasonOtherOrganisation, "-": policy.ReasonNoRule}[reach]},
		} {
			got := d.Decide(test.facts)
			if got.Reason != test.want || got.Allowed != (test.want == policy.ReasonAllowed) {
				t.Errorf("%s %s of %q towards %q: %+v, want %s", role, action, test.facts.Organisation,
					test.facts.Object.Organisation, got, test.want)
			}
		}
	})
}

func TestDutiesDenied(t *testing.T) {
	d := duties(t)
	for _, row := range []denial{
		{"a credential that is not valid", policy.RoleHandler, policy.ActionTokenIssue,
			func(f *policy.Facts) { f.SignIn.Authenticated = false }, policy.ReasonNotAuthenticated},
		{"neither valid nor a member", policy.RoleHandler, policy.ActionTokenIssue,
			func(f *policy.Facts) { f.SignIn.Authenticated, f.MemberActive = false, false }, policy.ReasonNotAuthenticated},
		{"the credential of who has left", policy.RoleHandler, policy.ActionTokenIssue,
			func(f *policy.Facts) { f.MemberActive = false }, policy.ReasonNotAMember},
		{"an operator who has left", policy.RoleOperator, policy.ActionMemberAdd,
			func(f *policy.Facts) { f.MemberActive = false }, policy.ReasonNotAMember},
		{"who has no duty", policy.RoleOperator, policy.ActionMemberAdd,
			func(f *policy.Facts) { f.Roles = nil }, policy.ReasonNoRole},
		{"an officer of another client", policy.RoleComplianceOfficer, policy.ActionAuditQuery,
			func(f *policy.Facts) { f.Organisation = stranger }, policy.ReasonOtherOrganisation},
		{"who proposed", policy.RoleContractManager, policy.ActionContractApprove,
			func(f *policy.Facts) { f.Proposal.By = amina }, policy.ReasonSamePerson},
		{"a proposal of which the author is not known", policy.RoleContractManager, policy.ActionContractApprove,
			func(f *policy.Facts) { f.Proposal.By = "" }, policy.ReasonSamePerson},
		{"who proposed elsewhere", policy.RoleContractManager, policy.ActionContractApprove,
			func(f *policy.Facts) { f.Proposal.By, f.Object.Organisation = amina, stranger }, policy.ReasonOtherOrganisation},
		{"the provider reads a draft", policy.RoleProviderManager, policy.ActionContractRead,
			func(f *policy.Facts) { f.Organisation, f.Contract.Status = indexer, policy.StatusProposed }, policy.ReasonNotInForce},
		{"a handler reads a draft", policy.RoleHandler, policy.ActionContractRead,
			func(f *policy.Facts) { f.Organisation, f.Contract.Status = indexer, policy.StatusProposed }, policy.ReasonNotInForce},
		{"who proposed the erasure", policy.RoleContractManager, policy.ActionContractErase,
			func(f *policy.Facts) { f.Proposal.By = amina }, policy.ReasonSamePerson},
		{"nobody proposed the erasure", policy.RoleContractManager, policy.ActionContractErase,
			func(f *policy.Facts) { f.Proposal.By = "" }, policy.ReasonSamePerson},
		{"who proposed to erase a person's traces", policy.RoleComplianceOfficer, policy.ActionPrivacyErase,
			func(f *policy.Facts) { f.Proposal.By = amina }, policy.ReasonSamePerson},
		{"the person whose traces go", policy.RoleComplianceOfficer, policy.ActionPrivacyErase,
			func(f *policy.Facts) { f.Subject.Person = amina }, policy.ReasonSamePerson},
		{"a person who proposes to erase their own traces", policy.RoleComplianceOfficer, policy.ActionPrivacyPropose,
			func(f *policy.Facts) { f.Subject.Person = amina }, policy.ReasonSamePerson},
		{"traces of which it is not known whose they are", policy.RoleComplianceOfficer, policy.ActionPrivacyPropose,
			func(f *policy.Facts) { f.Subject.Person = "" }, policy.ReasonSamePerson},
		{"the contract to be erased still runs", policy.RoleContractManager, policy.ActionErasurePropose,
			func(f *policy.Facts) { f.Dates.Expired = false }, policy.ReasonContractNotEnded},
		{"the contract that is erased still runs", policy.RoleContractManager, policy.ActionContractErase,
			func(f *policy.Facts) { f.Dates.Expired = false }, policy.ReasonContractNotEnded},
		{"the contract to be erased is held", policy.RoleContractManager, policy.ActionErasurePropose,
			func(f *policy.Facts) { f.Holds.Standing = true }, policy.ReasonLegalHold},
		{"the contract that is erased is held", policy.RoleContractManager, policy.ActionContractErase,
			func(f *policy.Facts) { f.Holds.Standing = true }, policy.ReasonLegalHold},
		{"the document is held", policy.RoleContractManager, policy.ActionDocumentErase,
			func(f *policy.Facts) { f.Holds.Standing = true }, policy.ReasonLegalHold},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := dutiful(row.role, row.action)
			if got := d.Decide(f); !got.Allowed {
				t.Fatalf("before the change: %+v", got)
			}
			row.change(&f)
			if got := d.Decide(f); got.Allowed || got.Reason != row.want {
				t.Errorf("%+v, want %s", got, row.want)
			}
		})
	}
}

// A draft is its client's business, and what was agreed is both parties'.
func TestDraftsAreTheClients(t *testing.T) {
	d := duties(t)
	for _, row := range []struct {
		role         policy.Role
		organisation policy.OrganisationID
		status       policy.ContractStatus
		want         policy.Reason
	}{
		{policy.RoleContractManager, insurer, policy.StatusProposed, policy.ReasonAllowed},
		{policy.RoleClientSystem, insurer, policy.StatusProposed, policy.ReasonAllowed},
		{policy.RoleProviderCompliance, indexer, policy.StatusProposed, policy.ReasonNotInForce},
		{policy.RoleProviderManager, indexer, policy.StatusActive, policy.ReasonAllowed},
		{policy.RoleProviderManager, indexer, policy.StatusSuspended, policy.ReasonAllowed},
		{policy.RoleHandler, indexer, policy.StatusExited, policy.ReasonAllowed},
	} {
		f := dutiful(row.role, policy.ActionContractRead)
		f.Organisation, f.Contract.Status = row.organisation, row.status
		if got := d.Decide(f); got.Reason != row.want {
			t.Errorf("%s of %s, %s: %+v, want %s", row.role, row.organisation, row.status, got, row.want)
		}
	}
}

// Of several roles the first counts whose duty reaches the object, whatever stands before
// it.
func TestDutiesOfSeveralRoles(t *testing.T) {
	d := duties(t)
	f := dutiful(policy.RoleComplianceOfficer, policy.ActionContractRead)
	f.Organisation = indexer
	f.Roles = []policy.Role{policy.RoleComplianceOfficer, policy.RoleHandler}
	want := policy.Decision{Allowed: true, Reason: policy.ReasonAllowed, Role: policy.RoleHandler, Clause: "duties.handler"}
	if got := d.Decide(f); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	f.Roles = nil
	f.Action = policy.ActionContractList
	want = policy.Decision{Allowed: true, Reason: policy.ReasonAllowed, Role: "member", Clause: "duties.member"}
	if got := d.Decide(f); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Taking any rule out denies exactly what it allowed.
func TestEveryDutyMatters(t *testing.T) {
	rows := policy.DutyRows()
	for i := range rows {
		d, err := policy.DutiesWithout(i)
		if err != nil {
			t.Fatal(err)
		}
		for j, row := range rows {
			f := dutiful(policy.Role(row[0]), policy.Action(row[1]))
			if got := d.Decide(f); got.Allowed != (i != j) {
				t.Errorf("without %v, %v: %+v", rows[i], row, got)
			}
		}
	}
}
