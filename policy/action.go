package policy

import "slices"

// Action is what a person wants to do. The same word stands in the ledger (package
// audit/event has the catalogue).
type Action string

// Actions are the acts that a duty or a contract can allow, in their alphabetical order.
func Actions() []Action {
	var all []Action
	for _, d := range dutyTable {
		all = append(all, d.actions...)
	}
	for _, r := range append(partyRules(&Terms{}), classRules(&Terms{}, ClassTerms{})...) {
		all = append(all, r.Action)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Duties: decided by the organisation's own record.
const (
	ActionOrganisationCreate Action = "organisation.create"
	ActionMemberAdd          Action = "member.add"
	ActionMemberLeave        Action = "member.leave"
	ActionCredentialIssue    Action = "credential.issue"
	ActionTokenIssue         Action = "token.issue"
	ActionRoleGrant          Action = "role.grant"
	ActionRoleEnd            Action = "role.end"
	ActionContractPropose    Action = "contract.propose"
	ActionContractApprove    Action = "contract.approve"
	ActionContractSuspend    Action = "contract.suspend"
	ActionContractResume     Action = "contract.resume"
	ActionContractTerminate  Action = "contract.terminate"
	ActionContractRead       Action = "contract.read"
	ActionAuditQuery         Action = "audit.query"
	ActionAuditProve         Action = "audit.prove"
	ActionAuditExport        Action = "audit.export"
	ActionHoldPlace          Action = "hold.place"
	ActionHoldLift           Action = "hold.lift"
	ActionHoldList           Action = "hold.list"
	ActionDocumentErase      Action = "document.erase"
	ActionErasurePropose     Action = "erasure.propose" // of a whole contract
	ActionContractErase      Action = "contract.erase"  // by another person than the one who proposed it
	ActionErasureRead        Action = "erasure.read"
	ActionPrivacyPropose     Action = "privacy.propose" // to erase the erasable data of what a person did
	ActionPrivacyErase       Action = "privacy.erase"   // by another person than the one who proposed it
	ActionPrivacyRead        Action = "privacy.read"
)

// More duties towards a contract, and the questions to the policy: who may read, who
// could, what would change.
const (
	ActionContractAmend  Action = "contract.amend"
	ActionContractExit   Action = "contract.exit"
	ActionPolicyWho      Action = "policy.who"
	ActionPolicyPast     Action = "policy.past"
	ActionPolicyImpact   Action = "policy.impact"
	ActionPolicySimulate Action = "policy.simulate"
	ActionRoleList       Action = "role.list" // who holds which role on a contract
)

// Listings of one's own: what is listed is what the other rules let the caller see.
const (
	ActionContractList   Action = "contract.list"
	ActionBatchList      Action = "batch.list"
	ActionAssignmentList Action = "assignment.list"
	ActionQuestionList   Action = "question.list" // the named questions that a ledger can be asked
)

// Accesses: decided by a contract version in force.
const (
	ActionBatchOpen        Action = "batch.open"
	ActionBatchRead        Action = "batch.read"
	ActionBatchSeal        Action = "batch.seal"
	ActionAssignmentCreate Action = "assignment.create"
	ActionAssignmentLease  Action = "assignment.lease"
	ActionDocumentReceive  Action = "document.receive"
	ActionDocumentInspect  Action = "document.inspect" // the record, not the content
	ActionDocumentRead     Action = "document.read"    // the content
	ActionReceiptRead      Action = "receipt.read"
)

// The gateway's own.
const (
	ActionDocumentAbandon Action = "document.abandon" // an upload that ended without an acknowledgement is cleared away
	ActionErasureCertify  Action = "erasure.certify"  // an erasure was carried out and its certificate signed
	ActionPrivacyExpire   Action = "privacy.expire"   // erasable data of events had been kept for its time
	ActionPrivacyForget   Action = "privacy.forget"   // a leaver's name had
)

// Keys are looked after by the owner of the machine, who could read them without us; no
// duty reaches them.
const (
	ActionKeyCheck   Action = "key.check"
	ActionKeyHolders Action = "key.holders"
	ActionKeyReseal  Action = "key.reseal"
	ActionKeyRotate  Action = "key.rotate"
	ActionKeyRetire  Action = "key.retire"
)

// So is the store, and so are documents when everything else is lost.
const (
	ActionObjectCheck     Action = "object.check"
	ActionObjectSweep     Action = "object.sweep" // by the gateway too
	ActionDocumentRecover Action = "document.recover"
	ActionKeyRecover      Action = "key.recover"
)

// The ledgers are looked after by the owner of the machine too: after a restore or a
// halt, and when their key is replaced.
const (
	ActionAuditEpoch     Action = "audit.epoch"
	ActionAuditRestore   Action = "audit.restore"
	ActionAuditRekey     Action = "audit.rekey"
	ActionAuditRepublish Action = "audit.republish"
	ActionAuditResume    Action = "audit.resume" // ledgers that were halted may go on
	ActionAuditRepost    Action = "audit.repost"
)
