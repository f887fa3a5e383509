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

// OperatorLedger is the name of the operator's own ledger; a client's ledger has the name of its organisation.
const OperatorLedger = "operator"

// Scene is what one act looks at, its act context: the facts for the decision, what the decision was, and the event to be kept.
type Scene struct {
	door    *Door
	now     time.Time
	caller  Caller
	facts   policy.Facts
	event   event.Event
	also    []event.Event // what the act did beside its purpose, in its first ledger
	ledgers []string      // where the event goes; the operator's ledger when nothing more is known

	organisation OrganisationID // the caller's
	kind         OrganisationKind
	dutyRoles    []policy.Role

	duty       bool             // the decision is about a duty, not about a contract's terms
	objectKind OrganisationKind // of the organisation that a duty is exercised on
	contract   ContractID
	client     OrganisationID // of the contract
	provider   OrganisationID // of the contract
	version    int64          // in force, 0 when none is
	terms      *policy.Compiled

	decision policy.Decision
	refusal  error
	visible  bool // the caller may know that the object exists: a refusal is shown as what it is
}

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

// shown is the refusal as the caller gets to see it: what is another party's does not exist.
// A defect of the gateway is shown, because it tells nothing about the object.
func (s *Scene) shown() error {
	var denied *Denied
	if errors.As(s.refusal, &denied) && !s.visible && denied.Reason != policy.ReasonFactMissing {
		return ErrNotFound
	}
	return s.refusal
}

// readCaller reads who asks. A person who is not known, or has left, has no role anywhere: the decision denies.
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
	for _, r := range roles {
		s.dutyRoles = append(s.dutyRoles, r)
	}
	return nil
}

// OnContract makes the contract what the act is about: its parties, its status, the version in force and the caller's
// roles on it. The status row is locked against a change until the act commits.
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
		for _, r := range roles {
			s.facts.Roles = append(s.facts.Roles, r)
		}
	}
	s.visible = len(s.facts.Roles) > 0 || len(s.dutyRoles) > 0 && s.organisation == s.client
	if status.Status == policy.StatusProposed && s.OfProvider() {
		s.visible = false // a draft is its client's own business
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

// readVersion reads which version is in force at a time and gets its compiled terms.
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

// OnDuty turns the act into one about a duty on the contract that was read: the caller's duties decide, beside the roles
// held on the contract itself.
func (s *Scene) OnDuty() {
	s.duty = true
	s.facts.Roles = append(s.facts.Roles, s.dutyRoles...)
	slices.Sort(s.facts.Roles)
	s.facts.Roles = slices.Compact(s.facts.Roles)
}

// LoadDuty is for an act about a duty on a contract.
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

// OnOwn makes the act a listing of what the caller may see; it stands in the ledger of the caller's organisation and of
// every client of whom something is listed.
func (s *Scene) OnOwn(context.Context, *database.Tx) error {
	s.OnDuty()
	s.facts.Object = &policy.Object{Organisation: s.organisation}
	s.visible = s.facts.MemberActive
	if s.kind == KindClient {
		s.ledgers = []string{string(s.organisation)}
	}
	return nil
}

// AlsoIn adds a client's ledger to those that the event stands in.
func (s *Scene) AlsoIn(client OrganisationID) {
	if !slices.Contains(s.ledgers, string(client)) {
		s.ledgers = append(s.ledgers, string(client))
	}
}

// OfProvider says whether the caller belongs to the provider of the contract.
func (s *Scene) OfProvider() bool { return s.organisation != "" && s.organisation == s.provider }

// HideUnsealed makes a batch that is still being filled look to the provider's people like one that does not exist: not
// even that something is on its way is theirs to know. The ledger keeps the true reason of the refusal.
func (s *Scene) HideUnsealed(state policy.BatchState) {
	if state != policy.BatchSealed && s.OfProvider() {
		s.visible = false
	}
}

// OnBatch makes the batch, and its contract, what the act is about.
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

// OnBatchIn is OnBatch for a batch whose state was read before, because the act is to change it.
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

// OnDocument makes the document, its batch and its contract what the act is about, with the caller's assignment and
// lease.
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

// OnLease adds the facts of an assignment to the caller, and of its lease.
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

// leaseState reads how the newest lease of an assignment stands for the caller.
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

// readEnd reads when the contract was terminated; the zero time while it was not. A
// termination out of a suspension has no wind-down: what was stopped does not begin again
// by ending.
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

// NoteErased makes it a fact when the document, whose other facts were read, was erased.
func (s *Scene) NoteErased(ctx context.Context, tx *database.Tx, row queries.Document) error {
	_, err := tx.ErasedDocument(ctx, row.ID)
	if err == nil {
		s.facts.Document.State = policy.DocumentErased
	}
	return IgnoreNoRows(err)
}

// LoadLedger makes the organisation whose ledger it is what the act is about.
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

// addProviderCompliance adds the role of who watches over a provider's people on one of the client's contracts. It is enough to ask
// the client's ledger, and narrow sees to it that nothing but their own is answered.
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
