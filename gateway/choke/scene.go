package choke

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// OperatorLedger is the name of the operator's own ledger. A client's ledger is named
// after its organisation.
const OperatorLedger = "operator"

// Scene is the context of one act: the facts of the decision, the decision itself, and
// the event that records it. It lives for one attempt of one transaction.
type Scene struct {
	door    *Door
	now     time.Time
	caller  Caller
	facts   policy.Facts
	event   event.Event
	also    []event.Event // additional events of an allowed act, in its first ledger
	ledgers []string      // where the event is recorded; empty means the operator's

	organisation OrganisationID // the caller's
	kind         OrganisationKind
	dutyRoles    []policy.Role

	duty       bool             // the decision is about a duty, not about a contract's terms
	objectKind OrganisationKind // of the organisation that the duty is exercised on
	contract   ContractID
	client     OrganisationID // of the contract
	provider   OrganisationID // of the contract
	version    int64          // in force, 0 for none
	terms      *policy.Compiled

	decision policy.Decision
	refusal  error
	visible  bool // the caller may know that the object exists, and so sees the true refusal
}

// newScene begins an act's context. It makes the act's event before anything is decided,
// so that a refusal has an event too.
func (d *Door) newScene(caller Caller, action policy.Action) *Scene {
	now := d.Now()
	private := map[string]string{}
	if caller.Address.IsValid() {
		private["address"] = caller.Address.String()
	}
	if caller.UserAgent != "" {
		private["user_agent"] = caller.UserAgent
	}
	return &Scene{
		door: d, now: now, caller: caller,
		facts: policy.Facts{Action: action, Person: caller.Person, Now: now, Address: caller.Address},
		event: event.Event{
			ID: event.NewID(), Occurred: now, Phase: event.PhaseState, Action: event.Action(action),
			Actor: string(caller.Person), Auth: caller.Auth, Request: caller.Request, Private: private,
		},
	}
}

// shown returns the refusal as the caller may see it. A denial becomes ErrNotFound if the
// caller may not know that the object exists. A missing fact is always shown: it is a
// defect of the gateway and tells nothing about the object.
func (s *Scene) shown() error {
	var denied *Denied
	if errors.As(s.refusal, &denied) && !s.visible && denied.Reason != policy.ReasonFactMissing {
		return ErrNotFound
	}
	return s.refusal
}

// readCaller reads the person who asks. A person who is not known, or who has left, has
// no role anywhere, and the decision denies.
func (s *Scene) readCaller(ctx context.Context, tx *database.Tx) error {
	person, err := tx.Person(ctx, s.caller.Person)
	if IsNoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading caller: %w", err)
	}
	s.organisation, s.kind = person.Organisation, OrganisationKind(person.OrganisationKind)
	s.facts.Organisation = s.organisation
	s.facts.MemberActive = Within(person.ValidFrom, person.ValidUntil, s.now)
	s.event.Organisation = string(person.Organisation)
	if !s.facts.MemberActive {
		return nil
	}
	roles, err := tx.DutiesInForce(ctx, queries.DutiesInForceParams{Person: person.ID, Now: queries.At(s.now)})
	if err != nil {
		return fmt.Errorf("reading duties: %w", err)
	}
	s.dutyRoles = roles
	return nil
}

// OnContract makes the contract the object of the act. It reads the parties, the status,
// the version in force and the caller's roles. The status row stays locked against a
// change until the act commits.
func (s *Scene) OnContract(ctx context.Context, tx *database.Tx, id ContractID) error {
	c, err := tx.Contract(ctx, id)
	if err != nil {
		return err
	}
	status, err := tx.ContractStatus(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("reading contract status: %w", err)
	}
	roles, err := tx.MembershipsInForce(ctx, queries.MembershipsInForceParams{
		Person: s.caller.Person, Contract: c.ID, Now: queries.At(s.now)})
	if err != nil {
		return fmt.Errorf("reading memberships: %w", err)
	}
	s.contract, s.client, s.provider = id, c.Client, c.Provider
	s.facts.Object = &policy.Object{Organisation: s.client}
	s.facts.Roles = nil
	if s.facts.MemberActive {
		s.facts.Roles = roles
	}
	s.visible = len(s.facts.Roles) > 0 || len(s.dutyRoles) > 0 && s.organisation == s.client
	if status.Status == policy.StatusProposed && s.OfProvider() {
		s.visible = false // only the client may know of a draft
	}
	s.event.Contract, s.event.Provider = string(c.ID), string(c.Provider)
	s.ledgers = []string{string(c.Client)}
	terminated, err := readEnd(ctx, tx, status)
	if err != nil {
		return err
	}
	s.facts.Contract = &policy.Contract{Status: status.Status, Terminated: terminated}
	return s.readVersion(ctx, tx, DecidedAt(status, s.now))
}

// readVersion reads which version is in force at this time, and its compiled terms.
func (s *Scene) readVersion(ctx context.Context, tx *database.Tx, at time.Time) error {
	version, err := tx.VersionInForce(ctx, queries.VersionInForceParams{Contract: s.contract, Now: queries.At(at)})
	if IsNoRows(err) {
		s.version, s.terms = 0, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading version in force: %w", err)
	}
	s.version = version
	s.terms, err = s.door.Compiled(ctx, tx, s.contract, version)
	return err
}

// OnDuty makes the act one about a duty. The caller's duties decide, together with the
// caller's roles on the contract, if one was read.
func (s *Scene) OnDuty() {
	s.duty = true
	s.facts.Roles = append(s.facts.Roles, s.dutyRoles...)
	slices.Sort(s.facts.Roles)
	s.facts.Roles = slices.Compact(s.facts.Roles)
}

// WithDuties adds the caller's duties at the contract's client to their roles on the
// contract, for an act that the terms give to one who holds such a duty.
func (s *Scene) WithDuties() {
	if s.organisation == "" || s.organisation != s.client || !s.facts.MemberActive {
		return
	}
	s.facts.Roles = slices.Concat(s.facts.Roles, s.dutyRoles)
	slices.Sort(s.facts.Roles)
	s.facts.Roles = slices.Compact(s.facts.Roles)
}

// LoadDuty returns the load of an act about a duty on a contract.
func LoadDuty(id ContractID) func(context.Context, *database.Tx, *Scene) error {
	return func(ctx context.Context, tx *database.Tx, s *Scene) error {
		if err := s.OnContract(ctx, tx, id); err != nil {
			return err
		}
		s.OnDuty()
		return nil
	}
}

// OnOrganisation makes the act one about a duty towards an organisation.
func (s *Scene) OnOrganisation(o queries.Organisation) {
	s.OnDuty()
	s.facts.Object = &policy.Object{Organisation: o.ID}
	s.visible = len(s.dutyRoles) > 0 && (s.organisation == o.ID || slices.Contains(s.dutyRoles, policy.RoleOperator))
	s.objectKind = OrganisationKind(o.Kind)
	if s.objectKind == KindClient {
		s.ledgers = []string{string(o.ID)}
	}
}

// OnOperator makes the act one about a duty that only the operator's people hold.
func (s *Scene) OnOperator() {
	s.OnDuty()
	s.visible = len(s.dutyRoles) > 0
}

// OnOwn makes the act a listing of what the caller may see. The ledger of the caller's
// organisation records it, and the ledger of each client whose objects are listed.
func (s *Scene) OnOwn(context.Context, *database.Tx) error {
	s.OnDuty()
	s.facts.Object = &policy.Object{Organisation: s.organisation}
	s.visible = s.facts.MemberActive
	if s.kind == KindClient {
		s.ledgers = []string{string(s.organisation)}
	}
	return nil
}

// AlsoIn adds a client's ledger to those that record the event.
func (s *Scene) AlsoIn(client OrganisationID) {
	if !slices.Contains(s.ledgers, string(client)) {
		s.ledgers = append(s.ledgers, string(client))
	}
}

// OfProvider says whether the caller belongs to the provider of the contract.
func (s *Scene) OfProvider() bool { return s.organisation != "" && s.organisation == s.provider }

// HideUnsealed hides a batch that is still open from the provider's people: they may not
// know that something is on its way. They see ErrNotFound, and the ledger keeps the true
// reason.
func (s *Scene) HideUnsealed(state policy.BatchState) {
	if state != policy.BatchSealed && s.OfProvider() {
		s.visible = false
	}
}

// OnBatch makes the batch and its contract the object of the act.
func (s *Scene) OnBatch(ctx context.Context, tx *database.Tx, id BatchID) (queries.Batch, error) {
	b, err := tx.Batch(ctx, id)
	if err != nil {
		return b, err
	}
	if err := s.OnContract(ctx, tx, b.Contract); err != nil {
		return b, err
	}
	state, err := tx.BatchState(ctx, b.ID)
	if err != nil {
		return b, fmt.Errorf("reading batch state: %w", err)
	}
	s.onBatchIn(b, state.State)
	return b, nil
}

// OnBatchIn is OnBatch for an act that changes the batch's state, and so has read it
// before.
func (s *Scene) OnBatchIn(ctx context.Context, tx *database.Tx, id BatchID, state policy.BatchState) (queries.Batch, error) {
	b, err := tx.Batch(ctx, id)
	if err != nil {
		return b, err
	}
	if err := s.OnContract(ctx, tx, b.Contract); err != nil {
		return b, err
	}
	s.onBatchIn(b, state)
	return b, nil
}

func (s *Scene) onBatchIn(b queries.Batch, state policy.BatchState) {
	s.facts.Batch = &policy.Batch{State: state, Resent: false}
	s.event.Batch = string(b.ID)
	s.HideUnsealed(state)
}

// OnDocument makes the document, its batch and its contract the object of the act. It
// also reads the caller's assignment and lease.
func (s *Scene) OnDocument(ctx context.Context, tx *database.Tx, id DocumentID) (queries.Document, error) {
	d, err := tx.Document(ctx, id)
	if err != nil {
		return d, err
	}
	if _, err := s.OnBatch(ctx, tx, d.Batch); err != nil {
		return d, err
	}
	s.facts.Class = d.Class
	s.facts.Document = &policy.Document{State: d.State, Size: d.Size}
	s.event.Document, s.event.Class = string(d.ID), string(d.Class)
	a, err := tx.AssignmentOfDocument(ctx, queries.AssignmentOfDocumentParams{
		Document: d.ID, Person: s.caller.Person, Now: queries.At(s.now)})
	if IsNoRows(err) {
		s.facts.Work = &policy.Work{Assigned: false, Lease: policy.LeaseNone}
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("reading assignment: %w", err)
	}
	return d, s.OnLease(ctx, tx, a)
}

// OnLease adds the facts of an assignment and of its lease.
func (s *Scene) OnLease(ctx context.Context, tx *database.Tx, a queries.Assignment) error {
	lease, err := s.leaseState(ctx, tx, a)
	if err != nil {
		return fmt.Errorf("reading lease: %w", err)
	}
	assigned := a.Person == s.caller.Person && Within(a.ValidFrom, a.ValidUntil, s.now)
	s.facts.Work = &policy.Work{Assigned: assigned, Lease: lease}
	s.event.Assignment = string(a.ID)
	return nil
}

// leaseState reads the state of the assignment's newest lease, as seen by the caller.
func (s *Scene) leaseState(ctx context.Context, tx *database.Tx, a queries.Assignment) (policy.LeaseState, error) {
	lease, err := tx.NewestLease(ctx, a.ID)
	switch {
	case err != nil:
		return policy.LeaseNone, IgnoreNoRows(err)
	case lease.Person != s.caller.Person:
		return policy.LeaseOther, nil
	case Within(lease.ValidFrom, lease.ValidUntil, s.now):
		return policy.LeaseHeld, nil
	default:
		return policy.LeaseExpired, nil
	}
}

// readEnd returns when the contract was terminated, and the zero time if it was not. A
// termination out of a suspension has no wind-down: it must not let work begin again that
// the suspension has stopped.
func readEnd(ctx context.Context, tx *database.Tx, status queries.ContractStatus) (time.Time, error) {
	if status.Status != policy.StatusTerminated {
		return time.Time{}, nil
	}
	suspended, err := tx.SuspendedUntil(ctx, queries.SuspendedUntilParams{Contract: status.Contract, ValidUntil: status.ValidFrom})
	if err != nil {
		return time.Time{}, fmt.Errorf("reading contract status before its end: %w", err)
	}
	if suspended > 0 {
		return time.Time{}, nil
	}
	return status.ValidFrom.Time(), nil
}

// NoteErased sets the document's state to erased if it was erased.
func (s *Scene) NoteErased(ctx context.Context, tx *database.Tx, row queries.Document) error {
	_, err := tx.ErasedDocument(ctx, row.ID)
	if err == nil {
		s.facts.Document.State = policy.DocumentErased
	}
	return IgnoreNoRows(err)
}

// LoadLedger returns the load of an act about a ledger. Its object is the ledger's
// organisation.
func LoadLedger(ledger, question string) func(context.Context, *database.Tx, *Scene) error {
	return func(ctx context.Context, tx *database.Tx, s *Scene) error {
		if question != "" {
			s.event.Private["question"] = question
		}
		if ledger == OperatorLedger {
			o, err := tx.OperatorOrganisation(ctx)
			if err != nil {
				return err
			}
			s.OnOrganisation(o)
			return nil
		}
		o, err := tx.Organisation(ctx, policy.OrganisationID(ledger))
		if err != nil {
			return err
		}
		if OrganisationKind(o.Kind) != KindClient {
			return ErrNotFound // providers and, under its id, the operator have no ledger
		}
		s.OnOrganisation(o)
		return s.addProviderCompliance(ctx, tx)
	}
}

// addProviderCompliance adds the role of a provider's compliance officer, if the caller
// has it on one of the client's contracts. One such contract is enough to ask the
// client's ledger. The query itself returns events of the provider's own people only
// (evidence.scopeToOwn).
func (s *Scene) addProviderCompliance(ctx context.Context, tx *database.Tx) error {
	if !s.facts.MemberActive || s.kind != KindProvider {
		return nil
	}
	n, err := tx.ProviderComplianceAt(ctx, queries.ProviderComplianceAtParams{Person: s.caller.Person,
		Client: s.facts.Object.Organisation, Now: queries.At(s.now)})
	if err != nil {
		return fmt.Errorf("reading memberships: %w", err)
	}
	if n > 0 {
		s.facts.Roles = append(s.facts.Roles, policy.RoleProviderCompliance)
		s.visible = true
	}
	return nil
}
