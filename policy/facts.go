package policy

import (
	"net/netip"
	"time"
)

// Facts is all that a decision may depend on: read by the caller in the transaction that the decision protects. Decide
// reads nothing else, keeps no clock and asks nobody.
type Facts struct {
	Action       Action
	Person       PersonID
	Organisation OrganisationID // the person's
	MemberActive bool           // the person is a member of the organisation at Now
	Roles        []Role         // in force at Now: on the contract, and for a duty in the organisation itself
	Now          time.Time
	Address      netip.Addr // where the request came from; the zero Addr while not known

	ObjectOrganisation OrganisationID // whose object it is: the contract's client, the organisation acted upon
	ProposedBy         PersonID       // who proposed the version, or the erasure, that is to be approved
	Authenticated      bool           // a presented credential was valid (token.issue)
	Held               bool           // a legal hold stands on the object (document.erase, contract.erase)
	Ended              bool           // the contract is terminated or has expired (erasure.propose, contract.erase)

	Status     ContractStatus // of the contract
	Terminated time.Time      // when a contract in force was terminated; zero when it was not, or was suspended then: no wind-down

	Class     Class         // of the document; empty for an act on a contract or a batch
	MediaType string        // of the document, in lower case, without parameters
	Size      int64         // plaintext bytes; -1 while not known
	Batch     BatchState    // empty when no batch is involved
	Document  DocumentState // empty when no document is involved

	Assigned bool       // a standing assignment gives the object to the person
	Lease    LeaseState // of that assignment

	ReadDocuments int64 // what the person has been granted under the contract today, in the contract's zone
	ReadBytes     int64
}

// Decision is the answer to Facts.
type Decision struct {
	Allowed bool
	Reason  Reason // ReasonAllowed, or the first condition that failed
	Role    Role   // the role that was, or would have been, used
	Clause  string // path of the clause in the terms that has the rule; for a duty, the duty's rule; empty when no rule allows
	Site    string // name of the site that the address of a provider's person belongs to, when one does
	Country string // of that site
}

// Class is a document class of a contract: 1 to 63 bytes of `a-z 0-9 -`, beginning with a letter.
type Class string

// Role is what a person is on a contract, or in an organisation.
type Role string

// Roles on a contract, then the duties in an organisation.
const (
	RoleClientSystem       Role = "client-system"       // sends documents
	RoleProviderManager    Role = "provider-manager"    // assigns, sees no content
	RoleHandler            Role = "handler"             // reads under a lease
	RoleProviderCompliance Role = "provider-compliance" // its own people's events

	RoleContractManager   Role = "contract-manager"   // proposes, approves, suspends
	RoleComplianceOfficer Role = "compliance-officer" // asks the audit trail
	RoleAuditor           Role = "auditor"            // outside, read-only
	RoleOperator          Role = "operator"           // runs the gateway, sees no content
)

// ContractStatus is where a contract stands. Its validity dates are terms, not a status.
type ContractStatus string

// The statuses of a contract.
const (
	StatusProposed   ContractStatus = "proposed"
	StatusActive     ContractStatus = "active"
	StatusSuspended  ContractStatus = "suspended"
	StatusTerminated ContractStatus = "terminated"
	StatusExited     ContractStatus = "exited" // terminated, and nothing is left to be done
)

// BatchState is where a batch stands.
type BatchState string

// The states of a batch.
const (
	BatchOpen   BatchState = "open"
	BatchSealed BatchState = "sealed"
)

// DocumentState is where a document stands.
type DocumentState string

// The states of a document.
const (
	DocumentReceiving DocumentState = "receiving"
	DocumentReceived  DocumentState = "received"
	DocumentAbandoned DocumentState = "abandoned"
	DocumentErased    DocumentState = "erased" // received once; its content opens for nobody any more
)

// LeaseState is how the person's assignment stands. The zero value is LeaseNone.
type LeaseState string

// The states of a lease.
const (
	LeaseNone    LeaseState = ""
	LeaseHeld    LeaseState = "held"
	LeaseExpired LeaseState = "expired"
	LeaseOther   LeaseState = "other" // somebody else's
)
