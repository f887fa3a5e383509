package event

import "strings"

// Kind is the subject of an action, as coarse as questions and retention need it. It
// follows from the action alone.
type Kind string

// The kinds of action.
const (
	KindContent Kind = "content" // a document came in, was looked at or went out
	KindWork    Kind = "work"    // batches, assignments, receipts, listings
	KindAccess  Kind = "access"  // who may do what: organisations, people, roles, contracts, keys, holds
	KindSignIn  Kind = "sign-in" // a person signed in
	KindAudit   Kind = "audit"   // the ledger itself was asked, proven, exported or erased from
)

// Kinds lists all of them.
func Kinds() []Kind { return []Kind{KindContent, KindWork, KindAccess, KindSignIn, KindAudit} }

// Kind sorts the action by its first word. Reading and listing change no access, so they
// are work. An unknown first word is KindAccess: reviews of access find the event there.
func (a Action) Kind() Kind {
	subject, verb, _ := strings.Cut(string(a), ".")
	if verb == "list" || a == "contract.read" {
		return KindWork
	}
	switch subject {
	case "document", "result", "archive":
		return KindContent
	case "batch", "assignment", "receipt", "lease":
		return KindWork
	case "token":
		return KindSignIn
	case "audit", "privacy":
		return KindAudit
	default:
		return KindAccess
	}
}
