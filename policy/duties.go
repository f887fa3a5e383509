package policy

import (
	"fmt"
	"slices"
)

// dutyModel is the model of duties: the reach says towards whom a duty holds, and is checked after the rule.
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

// The reaches of a duty.
const (
	reachAny = "any" // towards every organisation, or on the contract that the role is held on
	reachOwn = "own" // towards the person's own organisation, and the contracts of which it is the client
)

// roleMember is what everybody is who is an active member of an organisation. Nobody is granted it.
const roleMember Role = "member"

// dutyTable says which role may do what towards whom.
var dutyTable = []struct {
	role    Role
	reach   string
	actions []Action
}{
	{roleMember, reachAny, []Action{ActionTokenIssue, ActionContractList, ActionBatchList, ActionAssignmentList,
		ActionQuestionList}},
	{RoleOperator, reachAny, []Action{ActionOrganisationCreate, ActionMemberAdd, ActionMemberLeave, ActionCredentialIssue}},
	{RoleContractManager, reachOwn, []Action{ActionContractPropose, ActionContractApprove, ActionContractSuspend,
		ActionContractResume, ActionContractTerminate, ActionContractAmend, ActionContractExit, ActionContractRead,
		ActionRoleGrant, ActionRoleEnd, ActionDocumentErase, ActionErasurePropose, ActionContractErase, ActionErasureRead, ActionHoldList,
		ActionPrivacyErase, ActionPrivacyRead, ActionPolicyWho, ActionPolicyPast, ActionPolicyImpact, ActionPolicySimulate, ActionRoleList}},
	{RoleComplianceOfficer, reachOwn, []Action{ActionContractRead, ActionContractSuspend, ActionAuditQuery, ActionAuditExport, ActionAuditProve,
		ActionHoldPlace, ActionHoldLift, ActionHoldList, ActionErasureRead, ActionPrivacyPropose, ActionPrivacyErase, ActionPrivacyRead,
		ActionPolicyWho, ActionPolicyPast, ActionPolicyImpact, ActionPolicySimulate, ActionRoleList}},
	{RoleAuditor, reachOwn, []Action{ActionContractRead, ActionAuditQuery, ActionAuditExport, ActionAuditProve, ActionHoldList,
		ActionErasureRead, ActionPrivacyRead, ActionRoleList}},
	{RoleClientSystem, reachAny, []Action{ActionContractRead}},
	{RoleProviderManager, reachAny, []Action{ActionContractRead}},
	{RoleHandler, reachAny, []Action{ActionContractRead}},
	// Of a client's ledger they see what their own people did: package gateway narrows every question of theirs.
	{RoleProviderCompliance, reachAny, []Action{ActionContractRead, ActionAuditQuery, ActionAuditExport}},
}

// Duties decides what people may do by what they are in their organisation. It is the same for everybody, never
// changes, and is safe for concurrent use.
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

func dutyRows() [][]string {
	var rows [][]string
	for _, d := range dutyTable {
		for _, a := range d.actions {
			rows = append(rows, []string{string(d.role), string(a), d.reach, "duties." + string(d.role)})
		}
	}
	return rows
}

// Decide answers whether one of the person's duties allows what the facts describe. The conditions, in their order: for
// token.issue, the credential was valid; the person is a member; a role is held whose rule allows the act; it reaches the
// object's organisation; for contract.approve, contract.erase and privacy.erase, somebody else proposed; for contract.read by the
// provider's people, a version was approved; for an erasure, the contract has ended where it goes as a whole, and no legal
// hold stands. Of several roles, the first counts whose duty reaches.
func (d *Duties) Decide(f Facts) Decision {
	decision := d.rule(f)
	switch {
	case f.Action == ActionTokenIssue && !f.Authenticated:
		decision.Reason = ReasonNotAuthenticated
	case !f.MemberActive:
		decision.Reason = ReasonNotAMember
	case decision.Reason != ReasonAllowed:
	case needsTwo(f.Action) && (f.ProposedBy == "" || f.ProposedBy == f.Person):
		decision.Reason = ReasonSamePerson
	case f.Action == ActionContractRead && f.Status == StatusProposed && f.Organisation != f.ObjectOrganisation:
		decision.Reason = ReasonNotInForce // a draft is its client's own business
	case erasesContract(f.Action) && !f.Ended:
		decision.Reason = ReasonContractNotEnded
	case (erasesContract(f.Action) || f.Action == ActionDocumentErase) && f.Held:
		decision.Reason = ReasonLegalHold
	}
	decision.Allowed = decision.Reason == ReasonAllowed
	return decision
}

// needsTwo says that one person proposes and another one does it.
func needsTwo(a Action) bool {
	return a == ActionContractApprove || a == ActionContractErase || a == ActionPrivacyErase
}

func erasesContract(a Action) bool { return a == ActionErasurePropose || a == ActionContractErase }

// rule asks casbin, for each role, which rule allows the act, and checks its reach. The reason is of the rule and the
// reach only.
func (d *Duties) rule(f Facts) Decision {
	none := Decision{Role: firstRole(f.Roles), Reason: ReasonNoRule}
	if len(f.Roles) == 0 {
		none.Reason = ReasonNoRole
	}
	for _, role := range slices.Concat(f.Roles, []Role{roleMember}) {
		row := d.enforcer.find(string(role), string(f.Action))
		if row == nil {
			continue
		}
		reach, clause := row[2], row[3]
		if reach == reachAny || f.Organisation != "" && f.Organisation == f.ObjectOrganisation {
			return Decision{Role: role, Clause: clause, Reason: ReasonAllowed}
		}
		if none.Clause == "" {
			none = Decision{Role: role, Clause: clause, Reason: ReasonOtherOrganisation}
		}
	}
	return none
}
