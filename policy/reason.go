package policy

// Reason is the closed code of a decision: allowed, or the first condition that failed.
type Reason string

// The reasons. docs/contracts.md explains each.
const (
	ReasonAllowed Reason = "allowed"

	// ReasonFactMissing is a defect of the caller of Decide, and no answer about the act:
	// a condition needs facts that were not read.
	ReasonFactMissing Reason = "fact-missing"

	ReasonNotAuthenticated  Reason = "not-authenticated"
	ReasonNotAMember        Reason = "not-a-member"       // the person is unknown or has left
	ReasonNoRole            Reason = "no-role"            // no role on the contract or in the organisation
	ReasonOtherOrganisation Reason = "other-organisation" // the duty is held elsewhere
	ReasonNoRule            Reason = "no-rule"            // no clause gives this role this action on this class
	ReasonSamePerson        Reason = "same-person"        // who proposed cannot approve, and a person has no say in erasing their own traces

	ReasonLegalHold        Reason = "legal-hold"         // a hold forbids the erasure
	ReasonContractNotEnded Reason = "contract-not-ended" // only what is over can be erased as a whole

	ReasonNotInForce         Reason = "contract-not-in-force" // no approved version is effective
	ReasonContractSuspended  Reason = "contract-suspended"
	ReasonContractTerminated Reason = "contract-terminated"
	ReasonContractNotBegun   Reason = "contract-not-begun"
	ReasonContractExpired    Reason = "contract-expired"
	ReasonContractExited     Reason = "contract-exited"
	ReasonWindDownOver       Reason = "wind-down-over" // the days are over in which the role might still do this

	ReasonUnknownClass  Reason = "unknown-class"
	ReasonMediaType     Reason = "media-type"
	ReasonTooLarge      Reason = "too-large"
	ReasonEmptyDocument Reason = "empty-document"

	ReasonSite  Reason = "site"
	ReasonHours Reason = "hours"

	ReasonBatchState     Reason = "batch-state"      // sealed, where it must be open
	ReasonBatchNotSealed Reason = "batch-not-sealed" // nothing of it is the provider's yet
	ReasonDocumentState  Reason = "document-state"
	ReasonNotAssigned    Reason = "not-assigned"
	ReasonNoLease        Reason = "no-lease"
	ReasonLeaseExpired   Reason = "lease-expired"

	ReasonCeilingDocuments Reason = "ceiling-documents"
	ReasonCeilingBytes     Reason = "ceiling-bytes"
)
