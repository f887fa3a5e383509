package policy

import "slices"

// Reason is the code of a decision, one of a closed list: allowed, or the first condition
// that failed.
type Reason string

// The reasons. The table below explains each.
const (
	ReasonAllowed Reason = "allowed"

	ReasonNotAuthenticated  Reason = "not-authenticated"
	ReasonNotAMember        Reason = "not-a-member"
	ReasonNoRole            Reason = "no-role"
	ReasonOtherOrganisation Reason = "other-organisation"
	ReasonNoRule            Reason = "no-rule"
	ReasonSamePerson        Reason = "same-person"

	ReasonLegalHold        Reason = "legal-hold"
	ReasonContractNotEnded Reason = "contract-not-ended"

	ReasonNotInForce         Reason = "contract-not-in-force"
	ReasonContractSuspended  Reason = "contract-suspended"
	ReasonContractTerminated Reason = "contract-terminated"
	ReasonContractExited     Reason = "contract-exited"
	ReasonContractNotBegun   Reason = "contract-not-begun"
	ReasonContractExpired    Reason = "contract-expired"
	ReasonWindDownOver       Reason = "wind-down-over"

	ReasonUnknownClass  Reason = "unknown-class"
	ReasonMediaType     Reason = "media-type"
	ReasonContent       Reason = "content-mismatch"
	ReasonExecutable    Reason = "executable"
	ReasonTooLarge      Reason = "too-large"
	ReasonEmptyDocument Reason = "empty-document"

	ReasonSite  Reason = "site"
	ReasonHours Reason = "hours"

	ReasonBatchState     Reason = "batch-state"
	ReasonBatchNotSealed Reason = "batch-not-sealed"
	ReasonDocumentState  Reason = "document-state"
	ReasonNotAssigned    Reason = "not-assigned"
	ReasonNoLease        Reason = "no-lease"
	ReasonLeaseExpired   Reason = "lease-expired"

	ReasonCeilingDocuments Reason = "ceiling-documents"
	ReasonCeilingBytes     Reason = "ceiling-bytes"

	// ReasonFactMissing is a defect of the caller of Decide, and no decision about the
	// act: the caller did not read facts that a condition needs.
	ReasonFactMissing Reason = "fact-missing"
)

// ReasonEntry is a reason with its explanation, for people.
type ReasonEntry struct {
	Reason Reason
	Means  string
}

// reasons explain every reason. The table in docs/contracts.md is generated from them.
var reasons = []ReasonEntry{
	{ReasonAllowed, "nothing failed"},
	{ReasonNotAuthenticated, "the credential was not valid"},
	{ReasonNotAMember, "the person is unknown or has left"},
	{ReasonNoRole, "no role on the contract, and no duty in the organisation"},
	{ReasonOtherOrganisation, "the duty is held in another organisation"},
	{ReasonNoRule, "no clause gives the role this act on this class"},
	{ReasonSamePerson, "the person who proposed cannot approve, and no person takes part in erasing their own personal data"},
	{ReasonLegalHold, "a hold forbids the erasure"},
	{ReasonContractNotEnded, "only a contract that has ended can be erased as a whole"},
	{ReasonNotInForce, "no approved version is effective"},
	{ReasonContractSuspended, "the contract is suspended"},
	{ReasonContractTerminated, "the contract was terminated"},
	{ReasonContractExited, "the contract is closed for good"},
	{ReasonContractNotBegun, "the contract's first day is still to come"},
	{ReasonContractExpired, "the contract's last day is over"},
	{ReasonWindDownOver, "the days in which the role could still do this are over"},
	{ReasonUnknownClass, "the contract has no such class of documents"},
	{ReasonMediaType, "the class does not allow the declared media type"},
	{ReasonContent, "the document's bytes are not of the declared media type"},
	{ReasonExecutable, "the document is a program or a script, and the class does not name its type"},
	{ReasonTooLarge, "the document is larger than the class allows"},
	{ReasonEmptyDocument, "the document is empty, and the class does not allow that"},
	{ReasonSite, "the address is at none of the contract's sites"},
	{ReasonHours, "the contract does not allow this time"},
	{ReasonBatchState, "the batch is sealed or withdrawn, and must be open"},
	{ReasonBatchNotSealed, "the batch is still being filled. The provider's people get \"not found\", and no listing has the batch: " +
		"they must not know that documents are on the way. Only the ledger has the reason"},
	{ReasonDocumentState, "the document has not been received whole, or was erased"},
	{ReasonNotAssigned, "the document is not assigned to the person"},
	{ReasonNoLease, "the document is assigned, but the person has no lease"},
	{ReasonLeaseExpired, "the person's lease on the document has ended"},
	{ReasonCeilingDocuments, "the day's ceiling leaves no room for another document"},
	{ReasonCeilingBytes, "the day's ceiling leaves no room for the document's bytes"},
	{ReasonFactMissing, "the gateway did not read a fact that the decision needs. This is a defect of the gateway and says nothing " +
		"about the contract: the answer is the problem `fact-missing` with status 500, and the gateway logs an error. Report it"},
}

// Reasons are all reasons, explained.
func Reasons() []ReasonEntry { return slices.Clone(reasons) }
