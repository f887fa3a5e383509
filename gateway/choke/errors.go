package choke

import (
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/policy"
)

// Callers branch on these errors. Any other error is an internal one: it is logged whole
// and shown as one fixed sentence.
var (
	// ErrNotFound is the answer for an object that does not exist. It is the same answer
	// for an object of another party, so that the caller cannot tell one from the other.
	ErrNotFound = errors.New("not found")

	// ErrUnavailable means that the database, the store or the ledger could not be
	// reached, or did not confirm in time. The state may have changed. Every operation is
	// safe to repeat.
	ErrUnavailable = errors.New("temporarily unavailable")

	// ErrTampered means that stored bytes are not the document that was received.
	ErrTampered = errors.New("stored document failed its integrity check")
)

// Denied is a refusal by the contract, or by the duty that the caller lacks. Only a
// caller with a role there sees it. Any other caller sees ErrNotFound.
type Denied struct {
	Reason   policy.Reason
	Contract ContractID // empty for a duty
	Version  int64      // the contract version that decided, 0 for a duty
	Clause   string     // the clause that would have to allow it, if one applies

	Detail  string   // what was found, in sentences without personal data; may be empty
	Allowed []string // what the clause allows instead, for a reason that has a list
	Ceiling *Ceiling // of a refusal by a ceiling
}

// Ceiling is how much a person may read in a day and how much of it is used.
type Ceiling struct {
	Limit, Used int64 // documents, or bytes
	Resets      time.Time
}

func (d *Denied) Error() string { return fmt.Sprintf("denied: %s", d.Reason) }

// Conflict is a refusal because of the object's state. Kind is stable and part of the
// API.
type Conflict struct {
	Kind   ConflictKind
	Detail string // one sentence without personal data
}

func (c *Conflict) Error() string { return fmt.Sprintf("conflict: %s: %s", c.Kind, c.Detail) }

// ConflictKind says which state refuses the act.
type ConflictKind string

// The kinds of conflict.
const (
	ConflictReferenceTaken   ConflictKind = "reference-taken"    // the reference exists with other bytes or other particulars
	ConflictNameTaken        ConflictKind = "name-taken"         // the name is another organisation's, or another member's of it
	ConflictUploadInProgress ConflictKind = "upload-in-progress" // the reference is being uploaded by another request
	ConflictUploadAbandoned  ConflictKind = "upload-abandoned"   // the upload was abandoned before it was acknowledged; send it again
	ConflictManifest         ConflictKind = "manifest-mismatch"  // the declared counts or totals are not what was received
	ConflictAssigned         ConflictKind = "already-assigned"   // a document of the set is already assigned
	ConflictState            ConflictKind = "state"              // the object's state does not allow it
)

// Invalid is a refusal because of the request itself. Kind is stable and part of the API.
type Invalid struct {
	Kind   InvalidKind
	Field  string // the parameter, header or JSON path, empty for the body as a whole
	Detail string // one sentence without personal data and without the offending value

	Problems []policy.Problem // all problems of refused terms
}

func (i *Invalid) Error() string { return fmt.Sprintf("invalid: %s: %s %s", i.Kind, i.Field, i.Detail) }

// InvalidKind says what is wrong with a request.
type InvalidKind string

// The kinds of invalid request.
const (
	InvalidParameter      InvalidKind = "parameter"
	InvalidIdentifier     InvalidKind = "identifier"
	InvalidReference      InvalidKind = "reference"
	InvalidTerms          InvalidKind = "terms"
	InvalidIncomplete     InvalidKind = "terms-incomplete"
	InvalidUnenforceable  InvalidKind = "terms-unenforceable"
	InvalidDigestMismatch InvalidKind = "digest-mismatch"
	InvalidDigest         InvalidKind = "digest-unsupported" // an announced digest is of no algorithm that is checked
	InvalidLengthMismatch InvalidKind = "length-mismatch"    // the body is shorter or longer than was declared
	InvalidNotWhole       InvalidKind = "not-whole"          // the body is not the whole document, as its headers say
	InvalidBody           InvalidKind = "body-interrupted"
	InvalidLengthRequired InvalidKind = "length-required" // the body is too long to come without its length
	InvalidRange          InvalidKind = "range"           // the document has no such bytes
	InvalidPackTooLarge   InvalidKind = "pack-too-large"  // the answer is more than an evidence pack may hold
)
