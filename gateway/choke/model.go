package choke

import (
	"net/netip"
	"time"

	"github.com/bordereau/bordereau/policy"
)

// The product's identifiers, under the names that policy gave them.
type (
	OrganisationID = policy.OrganisationID
	PersonID       = policy.PersonID
	ContractID     = policy.ContractID
	BatchID        = policy.BatchID
	DocumentID     = policy.DocumentID
	AssignmentID   = policy.AssignmentID
	ReceiptID      = policy.ReceiptID
	MembershipID   = policy.MembershipID
	HoldID         = policy.HoldID
	ErasureID      = policy.ErasureID
)

// Caller is the person who asks, as the transport authenticated them. It is always an
// explicit argument and never a value in a context. Each act reads the person's rights
// from the database.
type Caller struct {
	Person    PersonID
	Auth      string     // how the person signed in: "client-credentials", "oidc", "demo"
	Address   netip.Addr // where the request came from; kept erasable in the ledger
	UserAgent string     // kept erasable in the ledger
	Request   string     // id of the request, `q_…`
}

// OrganisationKind is what an organisation does, in policy's words.
type OrganisationKind = policy.OrganisationKind

// The kinds of organisation. There is one operator, which runs the gateway.
const (
	KindClient   = policy.KindClient
	KindProvider = policy.KindProvider
	KindOperator = policy.KindOperator
)

// Organisation is a client, a provider or the operator.
type Organisation struct {
	ID      OrganisationID
	Kind    OrganisationKind
	Name    string
	Country string // ISO 3166-1 alpha-2
	Created time.Time
}

// Member is one person, or one client system, of an organisation.
type Member struct {
	ID           PersonID
	Organisation OrganisationID
	Name         string        // personal data: never in the ledger or a log line
	Duties       []policy.Role // held in the organisation itself: operator, contract-manager, compliance-officer, auditor
	From, Until  time.Time     // Until is zero while no end is set
}

// Credential is a secret for POST /oauth/token. Secret is shown once, when it is made.
type Credential struct {
	ID     string // `k_…`
	Person PersonID
	Secret string
	Until  time.Time
}

// Membership is a person's role on one contract, with its start and end.
type Membership struct {
	ID          MembershipID
	Contract    ContractID
	Person      PersonID
	Role        policy.Role
	From, Until time.Time // Until is zero while no end is set
}

// Contract is a contract at its newest version.
type Contract struct {
	ID        ContractID
	Reference string // the client's own
	Title     string
	Client    OrganisationID
	Provider  OrganisationID
	Status    policy.ContractStatus
	Version   int64  // newest version, from 1
	InForce   int64  // the version in force now, or at the end of a contract that has ended; 0: none
	Terms     []byte // the newest version as it was proposed: YAML or JSON
	Digest    string // lower-case hex SHA-256 of the terms
	From      time.Time
	Until     time.Time        // zero: no end
	Missing   []policy.Problem // what keeps the version from being approved
	Recorded  []policy.Problem // terms that nothing enforces
}

// Batch is a set of documents sent under one contract.
type Batch struct {
	ID        BatchID
	Contract  ContractID
	Reference string
	State     policy.BatchState
	Opened    time.Time
	Sealed    time.Time // zero unless it is sealed
	Withdrawn time.Time // zero unless it was withdrawn
	Documents int64
	Bytes     int64            // plaintext bytes
	Totals    map[string]int64 // control totals, declared at sealing
}

// Document is what the gateway knows about a document without opening it.
type Document struct {
	ID        DocumentID
	Batch     BatchID
	Contract  ContractID
	Reference string
	FileName  string // as sent, any language
	Class     policy.Class
	MediaType string
	Charset   string // of a text, as it was declared; empty for none
	State     policy.DocumentState
	Size      int64  // plaintext bytes
	Digest    []byte // SHA-256 of the plaintext, 32 bytes
	Received  time.Time
	Receipt   ReceiptID // of its arrival; empty for those who may not read it
}

// AssignmentProgress is an assignment as its manager sees it: to whom, how much, and how
// far.
type AssignmentProgress struct {
	ID         AssignmentID
	Person     PersonID
	Name       string // of the person, empty once it is erased
	Assigned   time.Time
	LeaseFrom  time.Time // zero while no lease was taken
	LeaseUntil time.Time
	Documents  int64
	Read       int64 // documents of which the person has read something
}

// Assignment gives some of a batch's documents to one person. That person can read their
// content while holding its lease.
type Assignment struct {
	ID         AssignmentID
	Batch      BatchID
	Contract   ContractID
	Person     PersonID
	Documents  []DocumentID
	Assigned   time.Time
	Ended      time.Time // zero while the assignment stands
	LeaseFrom  time.Time // zero while no lease was taken
	LeaseUntil time.Time
}

// Receipt is a signed acknowledgement: a compact JWS over transfer.ReceiptClaims.
type Receipt struct {
	ID       ReceiptID
	Document DocumentID
	JWS      string
	Issued   time.Time
}

// Page asks for a part of a listing: at most Limit rows after the cursor of an earlier
// answer. Limit 0 means 50, and the most is 500.
type Page struct {
	After string
	Limit int
}
