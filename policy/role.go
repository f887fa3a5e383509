package policy

import "slices"

// Role is a person's role on a contract, or in an organisation.
type Role string

// The roles. The table below has all that is known of each.
const (
	RoleClientSystem       Role = "client-system"
	RoleProviderManager    Role = "provider-manager"
	RoleHandler            Role = "handler"
	RoleProviderCompliance Role = "provider-compliance"

	RoleContractManager   Role = "contract-manager"
	RoleComplianceOfficer Role = "compliance-officer"
	RoleAuditor           Role = "auditor"
	RoleOperator          Role = "operator"
)

// roleMember is the role of every active member of an organisation. It is never granted.
const roleMember Role = "member"

// OrganisationKind is what an organisation does.
type OrganisationKind string

// The kinds of organisation. There is one operator, which runs the gateway.
const (
	KindClient   OrganisationKind = "client"
	KindProvider OrganisationKind = "provider"
	KindOperator OrganisationKind = "operator"
)

// The reaches of a duty.
const (
	reachAny = "any" // every organisation, or the contract of the role
	reachOwn = "own" // the person's own organisation, and the contracts of which it is the client
)

// RoleEntry is all that is known of a role, but for its rules on a contract.
type RoleEntry struct {
	Role  Role
	Means string // one sentence

	// Side is the party of a contract whose people are given the role on the contract:
	// KindClient or KindProvider. It is empty for a role that no contract gives.
	Side OrganisationKind

	// HeldAt are the kinds of organisation in which the role is held as a duty.
	HeldAt []OrganisationKind

	reach   string   // of its duties
	actions []Action // its duties
}

// roles are all roles that a person can be given. Package gateway gives a role where this
// table says so. The role's table in docs/contracts.md and the enumeration in the OpenAPI
// document are generated from it.
var roles = []RoleEntry{
	{RoleClientSystem, "sends documents", KindClient, nil,
		reachAny, []Action{ActionContractRead}},
	{RoleProviderManager, "assigns documents and sees no content", KindProvider, nil,
		reachAny, []Action{ActionContractRead}},
	{RoleHandler, "reads documents under a lease", KindProvider, nil,
		reachAny, []Action{ActionContractRead}},
	// In a client's ledger they see their own people's events: package gateway narrows
	// every question of theirs.
	{RoleProviderCompliance, "sees the events of the provider's own people", KindProvider, nil,
		reachAny, []Action{ActionContractRead, ActionAuditQuery, ActionAuditExport}},
	{RoleContractManager, "proposes, approves and suspends contracts", KindClient, []OrganisationKind{KindClient},
		reachOwn, []Action{ActionContractPropose, ActionContractApprove, ActionContractSuspend,
			ActionContractResume, ActionContractTerminate, ActionContractAmend, ActionContractExit, ActionContractRead,
			ActionRoleGrant, ActionRoleEnd, ActionDocumentErase, ActionErasurePropose, ActionContractErase, ActionErasureRead, ActionHoldList,
			ActionPrivacyErase, ActionPrivacyRead, ActionPolicyWho, ActionPolicyPast, ActionPolicyImpact, ActionPolicySimulate, ActionRoleList}},
	{RoleComplianceOfficer, "asks the audit trail, and holds documents", "", []OrganisationKind{KindClient, KindOperator},
		reachOwn, []Action{ActionContractRead, ActionContractSuspend, ActionAuditQuery, ActionAuditExport, ActionAuditProve,
			ActionHoldPlace, ActionHoldLift, ActionHoldList, ActionErasureRead, ActionPrivacyPropose, ActionPrivacyErase, ActionPrivacyRead,
			ActionPolicyWho, ActionPolicyPast, ActionPolicyImpact, ActionPolicySimulate, ActionRoleList}},
	{RoleAuditor, "comes from outside for a time, and only reads", "", []OrganisationKind{KindClient, KindOperator},
		reachOwn, []Action{ActionContractRead, ActionAuditQuery, ActionAuditExport, ActionAuditProve, ActionHoldList,
			ActionErasureRead, ActionPrivacyRead, ActionRoleList}},
	{RoleOperator, "registers organisations and their people, and sees no content", "", []OrganisationKind{KindOperator},
		reachAny, []Action{ActionOrganisationCreate, ActionMemberAdd, ActionMemberLeave, ActionCredentialIssue}},
}

// memberActions are the duties of roleMember.
var memberActions = []Action{ActionTokenIssue, ActionContractList, ActionBatchList, ActionAssignmentList, ActionQuestionList}

// Roles are all roles that a person can be given, those on a contract first.
func Roles() []RoleEntry { return slices.Clone(roles) }

// Side is the party of a contract whose people are given the role: KindClient or
// KindProvider. It is empty for a role that no contract gives, and for an unknown one.
func (r Role) Side() OrganisationKind { return r.entry().Side }

// HeldAt reports whether the role is held as a duty in organisations of the kind.
func (r Role) HeldAt(kind OrganisationKind) bool {
	return slices.Contains(r.entry().HeldAt, kind)
}

// entry is the role's row of the table, empty for an unknown role.
func (r Role) entry() RoleEntry {
	for _, e := range roles {
		if e.Role == r {
			return e
		}
	}
	return RoleEntry{}
}
