package choke

import (
	"slices"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/policy"
)

// Now returns the time of the act.
func (s *Scene) Now() time.Time { return s.now }

// Caller returns the person who acts.
func (s *Scene) Caller() Caller { return s.caller }

// Facts returns what the decision is made on. Load completes the facts. A change that
// Mutate makes to them changes no decision.
func (s *Scene) Facts() *policy.Facts { return &s.facts }

// Event returns the event that the ledger will keep. Load and Mutate complete it. Door.Do
// writes the decision into it.
func (s *Scene) Event() *event.Event { return &s.event }

// Also records an additional event of the act in the act's first ledger. A refused act
// records none of them.
func (s *Scene) Also(e event.Event) { s.also = append(s.also, e) }

// Ledger returns the first of the act's ledgers, or the operator's if none is known.
func (s *Scene) Ledger() string {
	if len(s.ledgers) == 0 {
		return OperatorLedger
	}
	return s.ledgers[0]
}

// Organisation returns the caller's organisation.
func (s *Scene) Organisation() OrganisationID { return s.organisation }

// Kind returns the kind of the caller's organisation.
func (s *Scene) Kind() OrganisationKind { return s.kind }

// Duties returns the duties that the caller holds in their own organisation.
func (s *Scene) Duties() []policy.Role { return s.dutyRoles }

// ObjectKind returns the kind of the organisation that the duty is exercised on.
func (s *Scene) ObjectKind() OrganisationKind { return s.objectKind }

// Contract returns the act's contract, empty for none.
func (s *Scene) Contract() ContractID { return s.contract }

// Client returns the contract's client.
func (s *Scene) Client() OrganisationID { return s.client }

// Provider returns the contract's provider.
func (s *Scene) Provider() OrganisationID { return s.provider }

// Version returns the contract's version in force, 0 for none, or the version that
// SetVersion named.
func (s *Scene) Version() int64 { return s.version }

// SetVersion sets the version that the event names, whether or not it is in force. It
// changes no terms.
func (s *Scene) SetVersion(version int64) { s.version = version }

// Terms returns the compiled terms of the version in force, nil for none.
func (s *Scene) Terms() *policy.Compiled { return s.terms }

// Decision returns the decision. It is the zero value until the act is decided.
func (s *Scene) Decision() policy.Decision { return s.decision }

// ceiling is what a person may know whom a ceiling refuses: the limit, what is used, and
// when the day ends. It is nil for every other decision.
func (s *Scene) ceiling() *Ceiling {
	if s.terms == nil || s.facts.Reading == nil {
		return nil
	}
	c := Ceiling{Resets: s.terms.DayEnds(s.now)}
	switch s.decision.Reason {
	case policy.ReasonCeilingDocuments:
		c.Limit, c.Used = s.terms.Ceilings().DocumentsPerDay, s.facts.Reading.Documents
	case policy.ReasonCeilingBytes:
		c.Limit, c.Used = s.terms.Ceilings().BytesPerDay, s.facts.Reading.Bytes
	default:
		return nil
	}
	return &c
}

// OnlyAs says whether the act is allowed to the caller in this role and in none of their
// other roles. An answer that is narrower for one role is narrowed by it: the decision
// itself names the first role that allows, and a person of two roles sees what either may
// see. It is true when it cannot be known.
func (s *Scene) OnlyAs(role policy.Role) bool {
	if !slices.Contains(s.facts.Roles, role) {
		return false
	}
	others := s.facts
	others.Roles = slices.DeleteFunc(slices.Clone(s.facts.Roles), func(r policy.Role) bool { return r == role })
	switch {
	case s.duty:
		return !s.door.duties.Decide(others).Allowed
	case s.terms != nil:
		return !s.terms.Decide(others).Allowed
	}
	return true
}

// Hide shows the caller a refusal as ErrNotFound. The ledger keeps the true reason.
func (s *Scene) Hide() { s.visible = false }
