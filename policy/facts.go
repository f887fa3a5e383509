package policy

import (
	"net/netip"
	"time"
)

// Facts is all that a decision may depend on: read by the caller in the transaction that
// the decision protects. Decide reads nothing else, keeps no clock and calls nothing.
//
// The first part says who does what and when. Its zero values are denied. The rest is in
// groups. A group is nil until the caller has read it, and is then given whole. A
// condition names the groups that it needs, and denies with ReasonFactMissing while one
// of them is nil: a fact that the caller forgot never allows anything.
type Facts struct {
	Action       Action
	Class        Class // of the document; empty for an act on a contract or a batch
	Person       PersonID
	Organisation OrganisationID // the person's
	MemberActive bool           // the person is a member of the organisation at Now
	Roles        []Role         // in force at Now: on the contract, and for a duty in the organisation itself
	Now          time.Time
	Address      netip.Addr // where the request came from; the zero Addr while not known

	SignIn   *SignIn   // for token.issue
	Object   *Object   // for a duty towards an organisation
	Contract *Contract // for every act under a contract
	Dates    *Dates    // for erasing a contract
	Holds    *Holds    // for erasing
	Proposal *Proposal // for an act that one person proposes and another one does
	Subject  *Subject  // for erasing the traces of a person
	Batch    *Batch
	Incoming *Incoming // for document.receive
	Document *Document // for document.read
	Work     *Work
	Reading  *Reading // for document.read
}

// SignIn is an attempt to sign in.
type SignIn struct {
	Authenticated bool // the presented credential was valid
}

// Object is what a duty is exercised on.
type Object struct {
	Organisation OrganisationID // whose it is: a contract's client, the organisation acted upon
}

// Contract is where a contract stands.
type Contract struct {
	Status ContractStatus

	// Terminated is when a contract in force was terminated. It is zero when the contract
	// was not terminated, and when it was suspended before: then there is no wind-down.
	Terminated time.Time
}

// Dates are where the dates of a contract stand.
type Dates struct {
	Expired bool // the version in force is over at Now
}

// Holds are the legal holds on what is to be erased.
type Holds struct {
	Standing bool // one of them forbids it
}

// Proposal is the version, or the erasure, that is to be approved.
type Proposal struct {
	By PersonID
}

// Subject is the person whom the act is about.
type Subject struct {
	Person PersonID
}

// Batch is the batch that the act, or its document, belongs to.
type Batch struct {
	State  BatchState
	Resent bool // batch.seal: the batch is sealed, and the request repeats the manifest it was sealed with
}

// Incoming is a document on its way in.
type Incoming struct {
	MediaType string // in lower case, without parameters
	Size      int64  // plaintext bytes; -1 while not known
}

// Document is a document that the gateway has.
type Document struct {
	State DocumentState
	Size  int64 // plaintext bytes; -1 while not known
}

// Work is what was given to the person to do.
type Work struct {
	Assigned bool       // a standing assignment gives the object to the person
	Lease    LeaseState // of that assignment
}

// Reading is what the person was granted under the contract today, in the contract's
// zone.
type Reading struct {
	Documents int64
	Bytes     int64

	// Reserved says that the grant stands and its document is counted. Documents and
	// Bytes were not read again, and are zero.
	Reserved bool
}

// Group is a group of facts. It has the name of its field.
type Group string

// The groups.
const (
	GroupSignIn   Group = "SignIn"
	GroupObject   Group = "Object"
	GroupContract Group = "Contract"
	GroupDates    Group = "Dates"
	GroupHolds    Group = "Holds"
	GroupProposal Group = "Proposal"
	GroupSubject  Group = "Subject"
	GroupBatch    Group = "Batch"
	GroupIncoming Group = "Incoming"
	GroupDocument Group = "Document"
	GroupWork     Group = "Work"
	GroupReading  Group = "Reading"
)

// has says whether the group was read. A group that it does not know was not.
func (f *Facts) has(g Group) bool {
	switch g {
	case GroupSignIn:
		return f.SignIn != nil
	case GroupObject:
		return f.Object != nil
	case GroupContract:
		return f.Contract != nil
	case GroupDates:
		return f.Dates != nil
	case GroupHolds:
		return f.Holds != nil
	case GroupProposal:
		return f.Proposal != nil
	case GroupSubject:
		return f.Subject != nil
	case GroupBatch:
		return f.Batch != nil
	case GroupIncoming:
		return f.Incoming != nil
	case GroupDocument:
		return f.Document != nil
	case GroupWork:
		return f.Work != nil
	case GroupReading:
		return f.Reading != nil
	}
	return false
}

// Decision is the answer to Facts.
type Decision struct {
	Allowed bool
	Reason  Reason // ReasonAllowed, or the first condition that failed
	Role    Role   // the role that was, or would have been, used
	Clause  string // path of the clause that has the rule; the duty's rule; empty without a rule
	Site    string // name of the site that the address of a provider's person belongs to, when one does
	Country string // of that site
	Missing Group  // with ReasonFactMissing: the group that was needed and not read
}

// Class is a document class of a contract: 1 to 63 bytes of `a-z 0-9 -`, beginning with a
// letter.
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
	DocumentErased    DocumentState = "erased" // received once; its content cannot be opened any more
)

// LeaseState is how the person's assignment stands. The zero value is LeaseNone.
type LeaseState string

// The states of a lease.
const (
	LeaseNone    LeaseState = ""
	LeaseHeld    LeaseState = "held"
	LeaseExpired LeaseState = "expired"
	LeaseOther   LeaseState = "other" // another person's
)
