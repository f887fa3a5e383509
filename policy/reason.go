package policy

// Reason is the code of a decision, one of a closed list: allowed, or the first condition
// that failed.
type Reason string

// The reasons. docs/contracts.md explains each.
const (
	ReasonAllowed Reason = "allowed"

	// ReasonFactMissing is a defect of the caller of Decide, and no decision about the
	// act: the caller did not read facts that a condition needs.
	ReasonFactMissing Reason = "fact-missing"

	ReasonNotAuthenticated  Reason = "not-authenticated"
	ReasonNotAMember        Reason = "not-a-member"       // the person is unknown or has left
	ReasonNoRole            Reason = "no-role"            // no role on the contract or in the organisation
	ReasonOtherOrganisation Reason = "other-organisation" // the duty is for another organisation
	ReasonNoRule            Reason = "no-rule"            // no clause gives this role this action on this class
	ReasonSamePerson        Reason = "same-person"        // the proposer cannot approve, and no person takes part in erasing their own personal data

	ReasonLegalHold        Reason = "legal-hold"         // a hold forbids the erasure
	ReasonContractNotEnded Reason = "contract-not-ended" // only a contract that has ended can be erased as a whole

	ReasonNotInForce         Reason = "contract-not-in-force" // no approved version is effective
	ReasonContractSuspended  Reason = "contract-suspended"
	ReasonContractTerminated Reason = "contract-terminated"
	ReasonContractNotBegun   Reason = "contract-not-begun"
	ReasonContractExpired    Reason = "contract-expired"
	ReasonContractExited     Reason = "contract-exited"
	ReasonWindDownOver       Reason = "wind-down-over" // the role's days after the end are over

	ReasonUnknownClass  Reason = "unknown-class"
	ReasonMediaType     Reason = "media-type"
	ReasonTooLarge      Reason = "too-large"
	ReasonEmptyDocument Reason = "empty-document"

	ReasonSite  Reason = "site"
	ReasonHours Reason = "hours"

	ReasonBatchState     Reason = "batch-state"      // sealed, where it must be open
	ReasonBatchNotSealed Reason = "batch-not-sealed" // the provider does not see it yet
	ReasonDocumentState  Reason = "document-state"
	ReasonNotAssigned    Reason = "not-assigned"
	ReasonNoLease        Reason = "no-lease"
	ReasonLeaseExpired   Reason = "lease-expired"

	ReasonCeilingDocuments Reason = "ceiling-documents"
	ReasonCeilingBytes     Reason = "ceiling-bytes"
)
