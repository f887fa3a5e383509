package policy

import "slices"

// Action is an act that a person asks for. The ledger has the same word (package
// audit/event has the catalogue).
type Action string

// Actions are the acts that a duty or a contract can allow, in alphabetical order.
func Actions() []Action {
	all := slices.Clone(memberActions)
	for _, e := range roles {
		all = append(all, e.actions...)
	}
	for _, r := range append(partyRules(&Terms{}), classRules(&Terms{}, ClassTerms{})...) {
		all = append(all, r.Action)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// The organisation's own record decides these duties.
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

// These are more duties towards a contract, and the questions to the policy: who may
// read, who could, and what would change.
const (
	ActionContractAmend  Action = "contract.amend"
	ActionContractExit   Action = "contract.exit"
	ActionPolicyWho      Action = "policy.who"
	ActionPolicyPast     Action = "policy.past"
	ActionPolicyImpact   Action = "policy.impact"
	ActionPolicySimulate Action = "policy.simulate"
	ActionRoleList       Action = "role.list" // list the roles on a contract
)

// These are listings of the caller's own objects: the other rules decide what they show.
const (
	ActionContractList   Action = "contract.list"
	ActionBatchList      Action = "batch.list"
	ActionAssignmentList Action = "assignment.list"
	ActionQuestionList   Action = "question.list" // the named questions that a ledger can be asked
)

// A contract version in force decides these accesses.
const (
	ActionBatchOpen         Action = "batch.open"
	ActionBatchRead         Action = "batch.read"
	ActionBatchSeal         Action = "batch.seal"
	ActionBatchWithdraw     Action = "batch.withdraw" // an open batch, with all that it holds
	ActionAssignmentCreate  Action = "assignment.create"
	ActionAssignmentLease   Action = "assignment.lease"
	ActionAssignmentInspect Action = "assignment.inspect" // all of a batch
	ActionAssignmentRevoke  Action = "assignment.revoke"  // by the manager, in part or whole
	ActionAssignmentRelease Action = "assignment.release" // by its own handler
	ActionDocumentReceive   Action = "document.receive"
	ActionDocumentWithdraw  Action = "document.withdraw" // from an open batch
	ActionDocumentInspect   Action = "document.inspect"  // the record, not the content
	ActionDocumentRead      Action = "document.read"     // the content
	ActionReceiptRead       Action = "receipt.read"
	ActionReceiptList       Action = "receipt.list" // those of a batch
)

// These are acts of the gateway itself.
const (
	ActionDocumentAbandon Action = "document.abandon" // an unacknowledged upload is cleared away
	ActionErasureCertify  Action = "erasure.certify"  // an erasure was executed and its certificate signed
	ActionErasureRefuse   Action = "erasure.refuse"   // the store does not delete what was erased, and no lock is the reason
	ActionPrivacyExpire   Action = "privacy.expire"   // erasable data of events had been kept for its time
	ActionPrivacyForget   Action = "privacy.forget"   // a leaver's name had been kept for its time
)

// The machine's owner maintains the keys, and could read them without the gateway; no
// duty covers these acts.
const (
	ActionKeyCheck   Action = "key.check"
	ActionKeyHolders Action = "key.holders"
	ActionKeyReseal  Action = "key.reseal"
	ActionKeyRotate  Action = "key.rotate"
	ActionKeyRetire  Action = "key.retire"
)

// The owner also maintains the store, and recovers documents when everything else is
// lost.
const (
	ActionObjectCheck     Action = "object.check"
	ActionObjectSweep     Action = "object.sweep" // by the gateway too
	ActionDocumentRecover Action = "document.recover"
	ActionKeyRecover      Action = "key.recover"
)

// The owner maintains the ledgers too: after a restore or a halt, and when their key is
// replaced.
const (
	ActionAuditEpoch     Action = "audit.epoch"
	ActionAuditRestore   Action = "audit.restore"
	ActionAuditRekey     Action = "audit.rekey"
	ActionAuditRepublish Action = "audit.republish"
	ActionAuditResume    Action = "audit.resume" // halted ledgers may go on
	ActionAuditReindex   Action = "audit.reindex"
)
