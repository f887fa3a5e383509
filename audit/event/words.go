package event

import "slices"

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

// Phases lists all of them.
func Phases() []Phase {
	return []Phase{PhaseState, PhaseGrant, PhaseCompleted, PhaseAborted, PhaseUnknown}
}

func (p Phase) valid() bool { return slices.Contains(Phases(), p) }

// Outcome is how an act ended.
type Outcome string

// The outcomes.
const (
	OutcomeAllow Outcome = "allow"
	OutcomeDeny  Outcome = "deny"
	OutcomeError Outcome = "error"
)

// Outcomes lists all of them.
func Outcomes() []Outcome { return []Outcome{OutcomeAllow, OutcomeDeny, OutcomeError} }

func (o Outcome) valid() bool { return slices.Contains(Outcomes(), o) }
