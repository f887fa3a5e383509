package policy

// Action is what somebody wants to do. The same word stands in the ledger (package audit/event has the catalogue).
type Action string

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

// ActionDocumentAbandon is the gateway's own: an upload that ended without an acknowledgement is cleared away.
const ActionDocumentAbandon Action = "document.abandon"
