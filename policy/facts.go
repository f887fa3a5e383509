package policy

import (
	"net/netip"
	"time"
)

// Facts is everything that a decision may depend on. The caller reads it in the
// transaction that the decision protects. Decide reads nothing else, keeps no clock and
// calls nothing.
//
// The first part has the person, the act and the time. Its zero values are denied. The
// rest is in groups. A group is nil until the caller has read it, and then has all its
// fields. A condition names the groups that it needs, and denies with ReasonFactMissing
// while one of them is nil: a fact that the caller forgot never allows anything.
type Facts struct {
	Action       Action
	Class        Class // of the document; empty for an act on a contract or a batch
	Person       PersonID
	Organisation OrganisationID // the person's
	MemberActive bool           // the person is a member of the organisation at Now
	Roles        []Role         // in force at Now: on the contract, and for a duty in the organisation itself
	Now          time.Time
	Address      netip.Addr // the client's address; the zero Addr while unknown

	SignIn   *SignIn   // for token.issue
	Object   *Object   // for a duty towards an organisation
	Contract *Contract // for every act under a contract
	Dates    *Dates    // for erasing a contract
	Holds    *Holds    // for erasing
	Proposal *Proposal // for an act that one person proposes and another one does
	Subject  *Subject  // for erasing a person's personal data in the audit trail
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

// Object is the object of a duty.
type Object struct {
	Organisation OrganisationID // the owner: a contract's client, or the organisation itself
}

// Contract is the state of a contract.
type Contract struct {
	Status ContractStatus

	// Terminated is the time at which a contract in force was terminated. It is zero when
	// the contract was not terminated, and when it was suspended before: there is no
	// wind-down then.
	Terminated time.Time
}

// Dates is the state of a contract's dates.
type Dates struct {
	Expired bool // the version in force is over at Now
}

// Holds are the legal holds on the object of an erasure.
type Holds struct {
	Standing bool // a hold forbids it
}

// Proposal is the version, or the erasure, that waits for approval.
type Proposal struct {
	By PersonID
}

// Subject is the person that the act is about.
type Subject struct {
	Person PersonID
}

// Batch is the batch of the act, or of its document.
type Batch struct {
	State BatchState

	// Resent means that the request repeats one that was carried out, and changes
	// nothing: a batch that is sealed with the same manifest, what was withdrawn, or a
	// document whose reference was received: its bytes are compared, and none are kept.
	Resent bool
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

// Work is the person's assignment and lease.
type Work struct {
	Assigned bool       // the object is assigned to the person
	Lease    LeaseState // of that assignment
}

// Reading is how much the person has read, or was granted, under the contract today, in
// the contract's zone (see [Compiled.Day]).
type Reading struct {
	Documents int64
	Bytes     int64
	Counted   bool  // the document is among Documents already
	Skipped   int64 // plaintext bytes of the document that this read leaves out, for a part of it

	// Reserved means that the grant exists and its document is counted. Documents and
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

// has reports whether the group was read. It is false for an unknown group.
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
	Role    Role   // the role of the decision
	Clause  string // path of the clause that has the rule; the duty's rule; empty without a rule
	Site    string // the site of the address of a provider's person, if it has one
	Country string // of that site
	Missing Group  // with ReasonFactMissing: the group that was needed and not read
}

// Class is a document class of a contract: 1 to 63 bytes of `a-z 0-9 -`, beginning with a
// letter.
type Class string

// ContractStatus is the status of a contract. Its validity dates are terms, not a status.
type ContractStatus string

// The statuses of a contract.
const (
	StatusProposed   ContractStatus = "proposed"
	StatusActive     ContractStatus = "active"
	StatusSuspended  ContractStatus = "suspended"
	StatusTerminated ContractStatus = "terminated"
	StatusExited     ContractStatus = "exited" // terminated, and its wind-down is over
)

// BatchState is the state of a batch.
type BatchState string

// The states of a batch.
const (
	BatchOpen      BatchState = "open"
	BatchSealed    BatchState = "sealed"
	BatchWithdrawn BatchState = "withdrawn" // taken back before it was sealed
)

// DocumentState is the state of a document.
type DocumentState string

// The states of a document.
const (
	DocumentReceiving DocumentState = "receiving"
	DocumentReceived  DocumentState = "received"
	DocumentAbandoned DocumentState = "abandoned"
	DocumentWithdrawn DocumentState = "withdrawn" // received once, and taken back before its batch was sealed
	DocumentErased    DocumentState = "erased"    // received once; its content cannot be opened any more
)

// LeaseState is the lease on the person's assignment. The zero value is LeaseNone.
type LeaseState string

// The states of a lease.
const (
	LeaseNone    LeaseState = ""
	LeaseHeld    LeaseState = "held"
	LeaseExpired LeaseState = "expired"
	LeaseOther   LeaseState = "other" // another person's
)
