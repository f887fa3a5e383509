package choke

import (
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/policy"
)

// Now is when the act happens.
func (s *Scene) Now() time.Time { return s.now }

// Caller is who acts.
func (s *Scene) Caller() Caller { return s.caller }

// Facts are what the decision is made on. Load completes them; what Mutate writes there changes no decision.
func (s *Scene) Facts() *policy.Facts { return &s.facts }

// Event is what the ledger will keep. Load and Mutate complete it; the decision is written into it by the door.
func (s *Scene) Event() *event.Event { return &s.event }

// Also records something that the act did beside its purpose, in its first ledger. A refused act records none of it.
func (s *Scene) Also(e event.Event) { s.also = append(s.also, e) }

// Ledger is the first of those that the event stands in: the operator's when nothing more is known.
func (s *Scene) Ledger() string {
	if len(s.ledgers) == 0 {
		return OperatorLedger
	}
	return s.ledgers[0]
}

// Organisation is the caller's.
func (s *Scene) Organisation() OrganisationID { return s.organisation }

// Kind is that of the caller's organisation.
func (s *Scene) Kind() OrganisationKind { return s.kind }

// Duties are those that the caller holds in the own organisation.
func (s *Scene) Duties() []policy.Role { return s.dutyRoles }

// ObjectKind is that of the organisation that a duty is exercised on.
func (s *Scene) ObjectKind() OrganisationKind { return s.objectKind }

// Contract is what the act is about; empty for none.
func (s *Scene) Contract() ContractID { return s.contract }

// Client is that of the contract.
func (s *Scene) Client() OrganisationID { return s.client }

// Provider is that of the contract.
func (s *Scene) Provider() OrganisationID { return s.provider }

// Version is the contract's version in force, 0 when none is, or the one that SetVersion named.
func (s *Scene) Version() int64 { return s.version }

// SetVersion makes a version, in force or not, the one that the event names. It changes no terms.
func (s *Scene) SetVersion(version int64) { s.version = version }

// Terms are those of the version in force, nil when none is.
func (s *Scene) Terms() *policy.Compiled { return s.terms }

// Decision is what was decided; the zero one before that.
func (s *Scene) Decision() policy.Decision { return s.decision }

// Hide makes a refusal look like the answer for what does not exist. The ledger keeps the true reason.
func (s *Scene) Hide() { s.visible = false }
