package event

import "time"

// Event is one entry of a ledger. A text that does not apply is empty, a number 0.
type Event struct {
	// Assigned when the event is sequenced.
	Ledger string    // Operator, or the client's organisation id
	Seq    int64     // 0, 1, 2 … without a gap
	Time   time.Time // never before that of Seq-1

	ID       string    // e_…
	Occurred time.Time // when the act was decided
	Phase    Phase
	Action   Action
	Outcome  Outcome
	Reason   string // closed code of the decision

	// Who.
	Actor        string // p_…
	Organisation string // the actor's
	Role         string // that was used, or would have been
	Auth         string // how the actor was authenticated

	// By which right, on what.
	Contract   string
	Version    int64
	Clause     string // path in the terms
	Provider   string // the contract's
	Batch      string
	Document   string
	Class      string
	Assignment string
	Subject    string // the person, organisation, receipt, … that was acted on

	// From where.
	Site    string
	Country string

	// With what effect.
	Bytes  int64  // of content moved
	Length int64  // of the whole content; -1 while not known
	Grant  string // id of the grant that this event completes, aborts or closes as unknown

	Request string
	Node    string

	// Private is the erasable data, by key: address, user_agent, sha256, note, … It is
	// nil when erased, and after Parse.
	Private map[string]string
	// Commitment is all that the leaf holds of Private: see Opening. Empty for an event
	// that never had erasable data.
	Commitment string
}

// Operator names the ledger of events that concern no single client.
const Operator = "operator"

// Phase says which part of an act the event tells.
type Phase string

// A change or a question is one event of PhaseState. An access to content is two:
// PhaseGrant, durable before the first byte moves, then one of the others, which names
// the grant.
const (
	PhaseState     Phase = "state"
	PhaseGrant     Phase = "grant"
	PhaseCompleted Phase = "completed"
	PhaseAborted   Phase = "aborted"
	PhaseUnknown   Phase = "unknown" // the node died in between: counts as fully read
)

func (p Phase) valid() bool {
	switch p {
	case PhaseState, PhaseGrant, PhaseCompleted, PhaseAborted, PhaseUnknown:
		return true
	}
	return false
}

// Outcome is how an act ended.
type Outcome string

// The outcomes.
const (
	OutcomeAllow Outcome = "allow"
	OutcomeDeny  Outcome = "deny"
	OutcomeError Outcome = "error"
)

func (o Outcome) valid() bool {
	switch o {
	case OutcomeAllow, OutcomeDeny, OutcomeError:
		return true
	}
	return false
}
