package gateway

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

// operatorLedger is the name of the operator's own ledger; a client's ledger has the name of its organisation.
const operatorLedger = "operator"

// scene is what one act looks at: the facts for the decision, what the decision was, and the event to be kept.
type scene struct {
	gateway *Gateway
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

func (g *Gateway) newScene(caller Caller, action policy.Action) *scene {
	now := g.now()
	private := map[string]string{}
	if caller.Address.IsValid() {
		private["address"] = caller.Address.String()
	}
	if caller.UserAgent != "" {
		private["user_agent"] = caller.UserAgent
	}
	return &scene{
		gateway: g, now: now, caller: caller,
		facts: policy.Facts{Action: action, Person: caller.Person, Now: now, Address: caller.Address},
		event: event.Event{
			ID: event.NewID(), Occurred: now, Phase: event.PhaseState, Action: event.Action(action),
			Actor: string(caller.Person), Auth: caller.Auth, Request: caller.Request, Private: private,
		},
	}
}

// shown is the refusal as the caller gets to see it: what is another party's does not exist.
// A defect of the gateway is shown, because it tells nothing about the object.
func (s *scene) shown() error {
	var denied *Denied
	if errors.As(s.refusal, &denied) && !s.visible && denied.Reason != policy.ReasonFactMissing {
		return ErrNotFound
	}
	return s.refusal
}

// readCaller reads who asks. A person who is not known, or has left, has no role anywhere: the decision denies.
func (s *scene) readCaller(ctx context.Context, tx *database.Tx) error {
	person, err := tx.Person(ctx, string(s.caller.Person))
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading caller: %w", err)
	}
	s.organisation, s.kind = OrganisationID(person.Organisation), OrganisationKind(person.OrganisationKind)
	s.facts.Organisation = s.organisation
	s.facts.MemberActive = within(person.ValidFrom, person.ValidUntil, s.now)
	s.event.Organisation = person.Organisation
	if !s.facts.MemberActive {
		return nil
	}
	roles, err := tx.DutiesInForce(ctx, queries.DutiesInForceParams{Person: person.ID, Now: micros(s.now)})
	if err != nil {
		return fmt.Errorf("reading duties: %w", err)
	}
	for _, r := range roles {
		s.dutyRoles = append(s.dutyRoles, policy.Role(r))
	}
	return nil
}

// onContract makes the contract what the act is about: its parties, its status, the version in force and the caller's
// roles on it. The status row is locked against a change until the act commits.
func (s *scene) onContract(ctx context.Context, tx *database.Tx, id ContractID) error {
	c, err := tx.Contract(ctx, string(id))
	if err != nil {
		return err
	}
	status, err := tx.ContractStatus(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("reading contract status: %w", err)
	}
	roles, err := tx.MembershipsInForce(ctx, queries.MembershipsInForceParams{
		Person: string(s.caller.Person), Contract: c.ID, Now: micros(s.now)})
	if err != nil {
		return fmt.Errorf("reading memberships: %w", err)
	}
	s.contract, s.client, s.provider = id, OrganisationID(c.Client), OrganisationID(c.Provider)
	s.facts.Object = &policy.Object{Organisation: s.client}
	s.facts.Roles = nil
	if s.facts.MemberActive {
		for _, r := range roles {
			s.facts.Roles = append(s.facts.Roles, policy.Role(r))
		}
	}
	s.visible = len(s.facts.Roles) > 0 || len(s.dutyRoles) > 0 && s.organisation == s.client
	if policy.ContractStatus(status.Status) == policy.StatusProposed && s.ofProvider() {
		s.visible = false // a draft is its client's own business
	}
	s.event.Contract, s.event.Provider = c.ID, c.Provider
	s.ledgers = []string{c.Client}
	terminated, err := readEnd(ctx, tx, status)
	if err != nil {
		return err
	}
	s.facts.Contract = &policy.Contract{Status: policy.ContractStatus(status.Status), Terminated: terminated}
	return s.readVersion(ctx, tx, decidedAt(status, s.now))
}

// readVersion reads which version is in force at a time and gets its compiled terms.
func (s *scene) readVersion(ctx context.Context, tx *database.Tx, at time.Time) error {
	version, err := tx.VersionInForce(ctx, queries.VersionInForceParams{Contract: string(s.contract), Now: micros(at)})
	if isNoRows(err) {
		s.version, s.terms = 0, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading version in force: %w", err)
	}
	s.version = version
	s.terms, err = s.gateway.compiled(ctx, tx, s.contract, version)
	return err
}

// onDuty turns the act into one about a duty on the contract that was read: the caller's duties decide, beside the roles
// held on the contract itself.
func (s *scene) onDuty() {
	s.duty = true
	s.facts.Roles = append(s.facts.Roles, s.dutyRoles...)
	slices.Sort(s.facts.Roles)
	s.facts.Roles = slices.Compact(s.facts.Roles)
}

// loadDuty is for an act about a duty on a contract.
func loadDuty(id ContractID) func(context.Context, *database.Tx, *scene) error {
	return func(ctx context.Context, tx *database.Tx, s *scene) error {
		if err := s.onContract(ctx, tx, id); err != nil {
			return err
		}
		s.onDuty()
		return nil
	}
}

// onOrganisation makes the act one about a duty towards an organisation.
func (s *scene) onOrganisation(o queries.Organisation) {
	s.onDuty()
	s.facts.Object = &policy.Object{Organisation: OrganisationID(o.ID)}
	s.visible = len(s.dutyRoles) > 0 && (s.organisation == OrganisationID(o.ID) || slices.Contains(s.dutyRoles, policy.RoleOperator))
	s.objectKind = OrganisationKind(o.Kind)
	if s.objectKind == KindClient {
		s.ledgers = []string{o.ID}
	}
}

// onOperator makes the act one about a duty that only the operator's people hold.
func (s *scene) onOperator() {
	s.onDuty()
	s.visible = len(s.dutyRoles) > 0
}

// onOwn makes the act a listing of what the caller may see; it stands in the ledger of the caller's organisation and of
// every client of whom something is listed.
func (s *scene) onOwn(context.Context, *database.Tx) error {
	s.onDuty()
	s.facts.Object = &policy.Object{Organisation: s.organisation}
	s.visible = s.facts.MemberActive
	if s.kind == KindClient {
		s.ledgers = []string{string(s.organisation)}
	}
	return nil
}

// alsoIn adds a client's ledger to those that the event stands in.
func (s *scene) alsoIn(client OrganisationID) {
	if !slices.Contains(s.ledgers, string(client)) {
		s.ledgers = append(s.ledgers, string(client))
	}
}

// ofProvider says whether the caller belongs to the provider of the contract.
func (s *scene) ofProvider() bool { return s.organisation != "" && s.organisation == s.provider }

// hideUnsealed makes a batch that is still being filled look to the provider's people like one that does not exist: not
// even that something is on its way is theirs to know. The ledger keeps the true reason of the refusal.
func (s *scene) hideUnsealed(state policy.BatchState) {
	if state != policy.BatchSealed && s.ofProvider() {
		s.visible = false
	}
}

// onBatch makes the batch, and its contract, what the act is about.
func (s *scene) onBatch(ctx context.Context, tx *database.Tx, id BatchID) (queries.Batch, error) {
	b, err := tx.Batch(ctx, string(id))
	if err != nil {
		return b, err
	}
	if err := s.onContract(ctx, tx, ContractID(b.Contract)); err != nil {
		return b, err
	}
	state, err := tx.BatchState(ctx, b.ID)
	if err != nil {
		return b, fmt.Errorf("reading batch state: %w", err)
	}
	s.facts.Batch = &policy.Batch{State: policy.BatchState(state.State), Resent: false}
	s.event.Batch = b.ID
	s.hideUnsealed(s.facts.Batch.State)
	return b, nil
}

// onDocument makes the document, its batch and its contract what the act is about, with the caller's assignment and
// lease.
func (s *scene) onDocument(ctx context.Context, tx *database.Tx, id DocumentID) (queries.Document, error) {
	d, err := tx.Document(ctx, string(id))
	if err != nil {
		return d, err
	}
	if _, err := s.onBatch(ctx, tx, BatchID(d.Batch)); err != nil {
		return d, err
	}
	s.facts.Class = policy.Class(d.Class)
	s.facts.Document = &policy.Document{State: policy.DocumentState(d.State), Size: d.Size}
	s.event.Document, s.event.Class = d.ID, d.Class
	a, err := tx.AssignmentOfDocument(ctx, queries.AssignmentOfDocumentParams{
		Document: d.ID, Person: string(s.caller.Person), Now: micros(s.now)})
	if isNoRows(err) {
		s.facts.Work = &policy.Work{Assigned: false, Lease: policy.LeaseNone}
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("reading assignment: %w", err)
	}
	return d, s.onLease(ctx, tx, a)
}

// onLease adds the facts of an assignment to the caller, and of its lease.
func (s *scene) onLease(ctx context.Context, tx *database.Tx, a queries.Assignment) error {
	lease, err := s.leaseState(ctx, tx, a)
	if err != nil {
		return fmt.Errorf("reading lease: %w", err)
	}
	assigned := a.Person == string(s.caller.Person) && within(a.ValidFrom, a.ValidUntil, s.now)
	s.facts.Work = &policy.Work{Assigned: assigned, Lease: lease}
	s.event.Assignment = a.ID
	return nil
}

// leaseState reads how the newest lease of an assignment stands for the caller.
func (s *scene) leaseState(ctx context.Context, tx *database.Tx, a queries.Assignment) (policy.LeaseState, error) {
	lease, err := tx.NewestLease(ctx, a.ID)
	switch {
	case err != nil:
		return policy.LeaseNone, ignoreNoRows(err)
	case lease.Person != string(s.caller.Person):
		return policy.LeaseOther, nil
	case within(lease.ValidFrom, lease.ValidUntil, s.now):
		return policy.LeaseHeld, nil
	default:
		return policy.LeaseExpired, nil
	}
}

// readEnd reads when the contract was terminated; the zero time while it was not. A
// termination out of a suspension has no wind-down: what was stopped does not begin again
// by ending.
func readEnd(ctx context.Context, tx *database.Tx, status queries.ContractStatus) (time.Time, error) {
	if policy.ContractStatus(status.Status) != policy.StatusTerminated {
		return time.Time{}, nil
	}
	suspended, err := tx.SuspendedUntil(ctx, queries.SuspendedUntilParams{Contract: status.Contract, ValidUntil: status.ValidFrom})
	if err != nil {
		return time.Time{}, fmt.Errorf("reading contract status before its end: %w", err)
	}
	if suspended > 0 {
		return time.Time{}, nil
	}
	return fromMicros(status.ValidFrom), nil
}

// noteErased makes it a fact when the document, whose other facts were read, was erased.
func (s *scene) noteErased(ctx context.Context, tx *database.Tx, row queries.Document) error {
	_, err := tx.ErasedDocument(ctx, row.ID)
	if err == nil {
		s.facts.Document.State = policy.DocumentErased
	}
	return ignoreNoRows(err)
}

// loadLedger makes the organisation whose ledger it is what the act is about.
func loadLedger(ledger, question string) func(context.Context, *database.Tx, *scene) error {
	return func(ctx context.Context, tx *database.Tx, s *scene) error {
		if question != "" {
			s.event.Private["question"] = question
		}
		if ledger == operatorLedger {
			o, err := tx.OperatorOrganisation(ctx)
			if err != nil {
				return err
			}
			s.onOrganisation(o)
			return nil
		}
		o, err := tx.Organisation(ctx, ledger)
		if err != nil {
			return err
		}
		if OrganisationKind(o.Kind) != KindClient {
			return ErrNotFound // providers and, under its id, the operator have no ledger
		}
		s.onOrganisation(o)
		return s.addProviderCompliance(ctx, tx)
	}
}

// addProviderCompliance adds the role of who watches over a provider's people on one of the client's contracts. It is enough to ask
// the client's ledger, and narrow sees to it that nothing but their own is answered.
func (s *scene) addProviderCompliance(ctx context.Context, tx *database.Tx) error {
	if !s.facts.MemberActive || s.kind != KindProvider {
		return nil
	}
	n, err := tx.ProviderComplianceAt(ctx, queries.ProviderComplianceAtParams{Person: string(s.caller.Person),
		Client: string(s.facts.Object.Organisation), Now: micros(s.now)})
	if err != nil {
		return fmt.Errorf("reading memberships: %w", err)
	}
	if n > 0 {
		s.facts.Roles = append(s.facts.Roles, policy.RoleProviderCompliance)
		s.visible = true
	}
	return nil
}
