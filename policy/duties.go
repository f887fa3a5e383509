package policy

import (
	"fmt"
	"slices"
)

// dutyModel is the model of duties. The reach limits a duty to some organisations, and is
// checked after the rule.
const dutyModel = `
[request_definition]
r = role, action

[policy_definition]
p = role, action, reach, clause

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.action == p.action && r.role == p.role
`

// Duties decides by people's roles in their organisation. It is the same for all
// organisations, never changes, and is safe for concurrent use.
type Duties struct {
	enforcer *enforcer
}

// NewDuties compiles the duties.
func NewDuties() (*Duties, error) { return newDuties(dutyRows()) }

func newDuties(rows [][]string) (*Duties, error) {
	e, err := newEnforcer(dutyModel, rows)
	if err != nil {
		return nil, fmt.Errorf("compiling duties: %w", err)
	}
	return &Duties{e}, nil
}

// dutyRows are the rules for casbin: role, action, reach and clause.
func dutyRows() [][]string {
	var rows [][]string
	for _, e := range append(Roles(), RoleEntry{Role: roleMember, reach: reachAny, actions: memberActions}) {
		for _, a := range e.actions {
			rows = append(rows, []string{string(e.Role), string(a), e.reach, "duties." + string(e.Role)})
		}
	}
	return rows
}

// dutyConditions are all conditions of a duty, in their order.
var dutyConditions = []condition{
	{name: "authenticated", on: []Action{ActionTokenIssue}, needs: []Group{GroupSignIn}, check: isAuthenticated},
	{name: "member", check: isMember},
	{name: "duty", check: hasDuty},
	{name: "second-person", on: []Action{ActionContractApprove, ActionContractErase, ActionPrivacyErase},
		needs: []Group{GroupProposal}, check: isProposedByAnother},
	{name: "not-oneself", on: []Action{ActionPrivacyPropose, ActionPrivacyErase}, needs: []Group{GroupSubject}, check: isNotTheSubject},
	{name: "draft", on: []Action{ActionContractRead}, needs: []Group{GroupContract, GroupObject}, check: isNoDraftOfAnother},
	{name: "ended", on: []Action{ActionErasurePropose, ActionContractErase}, needs: []Group{GroupContract, GroupDates}, check: hasEnded},
	{name: "not-held", on: []Action{ActionErasurePropose, ActionContractErase, ActionDocumentErase},
		needs: []Group{GroupHolds}, check: isNotHeld},
}

// reaches are the conditions for each reach in a rule. A reach without a condition allows
// nothing.
var reaches = map[string]condition{
	reachAny: {name: "reach-any", check: func(*question) Reason { return ReasonAllowed }},
	reachOwn: {name: "reach-own", needs: []Group{GroupObject}, check: isOwn},
}

// Decide decides whether one of the person's duties allows the act. The conditions are,
// in their order:
//
//   - for token.issue, the credential was valid;
//   - the person is a member;
//   - a rule allows a role of the person the act;
//   - the duty reaches the object's organisation;
//   - for contract.approve, contract.erase and privacy.erase, another person proposed;
//   - for privacy.propose and privacy.erase, the personal data is another person's;
//   - for contract.read by the provider's people, a version was approved;
//   - for an erasure, a contract has ended if it goes as a whole, and there is no legal
//     hold.
//
// Of several roles, the first one counts whose duty reaches.
func (d *Duties) Decide(f Facts) Decision {
	q := &question{Facts: f}
	d.findDuty(q)
	return q.decision(q.answer(dutyConditions))
}

// findDuty asks casbin, for each role, which rule allows the act, and checks its reach.
// Facts missing for a reach end it: another role must not hide a defect.
func (d *Duties) findDuty(q *question) {
	q.role, q.duty = firstRole(q.Roles), ReasonNoRule
	if len(q.Roles) == 0 {
		q.duty = ReasonNoRole
	}
	for _, role := range slices.Concat(q.Roles, []Role{roleMember}) {
		row := d.enforcer.find(string(role), string(q.Action))
		if row == nil {
			continue
		}
		reason, clause := q.reach(row[2]), row[3]
		if reason == ReasonAllowed || reason == ReasonFactMissing {
			q.role, q.clause, q.duty = role, clause, reason
			return
		}
		if q.clause == "" {
			q.role, q.clause, q.duty = role, clause, reason
		}
	}
}

func (q *question) reach(name string) Reason {
	c, ok := reaches[name]
	if !ok {
		return ReasonOtherOrganisation
	}
	return c.reason(q)
}

func hasDuty(q *question) Reason { return q.duty }

func isOwn(q *question) Reason {
	return unless(q.Organisation != "" && q.Organisation == q.Object.Organisation, ReasonOtherOrganisation)
}

func isAuthenticated(q *question) Reason {
	return unless(q.SignIn.Authenticated, ReasonNotAuthenticated)
}

// isProposedByAnother refuses a proposal of unknown author: the author could be the same
// person.
func isProposedByAnother(q *question) Reason {
	return unless(q.Proposal.By != "" && q.Proposal.By != q.Person, ReasonSamePerson)
}

// isNotTheSubject stops people from erasing their own personal data in the audit trail.
func isNotTheSubject(q *question) Reason {
	return unless(q.Subject.Person != "" && q.Subject.Person != q.Person, ReasonSamePerson)
}

// isNoDraftOfAnother hides a draft from all but its client.
func isNoDraftOfAnother(q *question) Reason {
	draft := q.Contract.Status == StatusProposed || q.Contract.Status == ""
	return unless(!draft || isOwn(q) == ReasonAllowed, ReasonNotInForce)
}

func hasEnded(q *question) Reason {
	return unless(q.Contract.Status == StatusTerminated || q.Dates.Expired, ReasonContractNotEnded)
}

func isNotHeld(q *question) Reason { return unless(!q.Holds.Standing, ReasonLegalHold) }
