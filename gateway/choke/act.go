package choke

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// Config is what the doors are made of. Every field is needed.
type Config struct {
	Database *database.DB // migrated
	Ledger   *audit.Ledger
	Clock    func() time.Time
	Compiled *Compiled // cache of compiled contracts
	Logger   *slog.Logger
}

// Door is the door for callers. Its methods are safe for concurrent use.
type Door struct {
	db        *database.DB
	ledger    *audit.Ledger
	clock     func() time.Time
	duties    *policy.Duties
	contracts *Compiled
	log       *slog.Logger
}

// New makes both doors of a gateway.
func New(c Config) (*Door, *Owner, error) {
	duties, err := policy.NewDuties()
	if err != nil {
		return nil, nil, fmt.Errorf("compiling duties: %w", err)
	}
	d := &Door{db: c.Database, ledger: c.Ledger, clock: c.Clock, duties: duties, contracts: c.Compiled, log: c.Logger}
	return d, &Owner{d}, nil
}

// Act is one operation. Door.Do is the only place that runs one and records it.
type Act struct {
	Action policy.Action

	// Load reads the facts of the decision into the scene. It calls at least one of
	// OnContract, OnOrganisation, OnOperator and OnOwn. Its ErrNotFound is recorded as a
	// denial.
	Load func(ctx context.Context, tx *database.Tx, s *Scene) error

	// Mutate changes state in the same transaction, once the decision has allowed the
	// act. Its *Conflict, *Invalid or *Denied undoes every change of the act, and is
	// recorded as a refusal.
	Mutate func(ctx context.Context, tx *database.Tx, s *Scene) error
}

// Hand makes an act whose load passes what it read to its mutate, so that no row is read
// twice in one transaction. Make one for each Do: two at a time would share what was
// read.
func Hand[T any](action policy.Action, load func(ctx context.Context, tx *database.Tx, s *Scene) (T, error),
	mutate func(ctx context.Context, tx *database.Tx, s *Scene, read T) error) Act {
	var read T
	return Act{
		Action: action,
		Load: func(ctx context.Context, tx *database.Tx, s *Scene) (err error) {
			read, err = load(ctx, tx, s)
			return err
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *Scene) error { return mutate(ctx, tx, s, read) },
	}
}

// Do runs one act: it loads the facts, decides, mutates and writes the event into the
// outbox, in one transaction. It returns when the ledger has sequenced the event. After
// any error the caller may release nothing and report no success. After ErrUnavailable
// the state may have changed, and the operation is safe to repeat.
//
// Die before the commit: nothing happened. Die after it: the state has changed and its
// event waits in the outbox, where any replica sequences it. The caller had no answer and
// asks again.
func (d *Door) Do(ctx context.Context, caller Caller, a Act) (*Scene, error) {
	var s *Scene
	var tickets []audit.Ticket
	err := d.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		s = d.newScene(caller, a.Action) // a new one: the transaction may be repeated
		s.refusal = d.decide(ctx, tx, s, a)
		if s.refusal == nil && a.Mutate != nil {
			if err := a.Mutate(ctx, tx, s); err != nil {
				return err
			}
		}
		if s.refusal != nil && !IsRefusal(s.refusal) {
			return s.refusal
		}
		var err error
		tickets, err = d.putInOutbox(ctx, tx, s)
		return err
	})
	if IsRefusal(err) {
		// Mutate refused, and its transaction was rolled back. The refusal itself still
		// has to be recorded. Die here: nothing happened and nothing is recorded.
		s.refusal = err
		err = d.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			tickets, err = d.putInOutbox(ctx, tx, s)
			return err
		})
	}
	if err != nil {
		d.orphanGrant(s)
		return nil, Unavailable(err)
	}
	// Change and event are durable. Die here: any replica sequences the event.
	for _, t := range tickets {
		if _, err := d.ledger.Wait(ctx, t); err != nil {
			d.orphanGrant(s)
			return nil, Unavailable(err)
		}
	}
	if s.refusal != nil {
		return nil, s.shown()
	}
	return s, nil
}

// orphanGrant marks the grant of an act that failed with an unknown outcome (see Orphan).
func (d *Door) orphanGrant(s *Scene) {
	if s != nil && s.event.Phase == event.PhaseGrant && len(s.ledgers) > 0 {
		d.Orphan(s.ledgers[0], s.event.ID)
	}
}

// Orphan marks a grant whose outcome is unknown. Nothing more is released on it. If the
// ledger has the grant, it closes it as unknown.
func (d *Door) Orphan(ledger, grant string) {
	d.ledger.Orphan(audit.Ticket{Ledger: ledger, Event: grant})
}

// decide returns nil when the act is allowed and a refusal when it is not. Any other
// error means that the gateway could not find out.
func (d *Door) decide(ctx context.Context, tx *database.Tx, s *Scene, a Act) error {
	if err := s.readCaller(ctx, tx); err != nil {
		return err
	}
	if err := a.Load(ctx, tx, s); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	}
	switch {
	case s.duty:
		s.decision = d.duties.Decide(s.facts)
	case s.terms != nil:
		s.decision = s.terms.Decide(s.facts)
	case s.contract != "":
		s.decision = policy.NotInForce(s.facts)
	default:
		return fmt.Errorf("deciding %s: the act's load named no object", a.Action)
	}
	if err := d.CheckFacts(a.Action, s.decision); err != nil {
		return err
	}
	if !s.decision.Allowed {
		return s.denied()
	}
	return nil
}

// denied is the refusal of the decision.
func (s *Scene) denied() *Denied {
	d := &Denied{Reason: s.decision.Reason, Contract: s.contract, Version: s.version, Clause: s.decision.Clause}
	switch d.Reason {
	case policy.ReasonMediaType:
		d.Allowed = s.terms.MediaTypes(s.facts.Class)
	case policy.ReasonUnknownClass:
		d.Allowed = s.terms.Classes()
	case policy.ReasonTooLarge:
		d.Detail = fmt.Sprintf("The class takes documents of at most %d bytes.", s.terms.MaxBytes(s.facts.Class))
	}
	d.Ceiling = s.ceiling()
	return d
}

// CheckFacts refuses a decision that lacked facts. This is a defect of the gateway and
// not an answer about the act. The ledger records a denial, the log an error, and the
// caller sees an error.
func (d *Door) CheckFacts(a policy.Action, decided policy.Decision) error {
	if decided.Reason != policy.ReasonFactMissing {
		return nil
	}
	d.log.Error("a decision lacked facts that a condition needs: the gateway did not read them, and denied the act",
		"action", a, "facts", decided.Missing)
	return &Denied{Reason: decided.Reason}
}

// putInOutbox completes the act's event with the decision. It writes the event into the
// outbox of each of the act's ledgers, in the act's own transaction. A refused act has an
// event too, with the reason of the refusal.
func (d *Door) putInOutbox(ctx context.Context, tx *database.Tx, s *Scene) ([]audit.Ticket, error) {
	e := &s.event
	e.Role, e.Clause, e.Site, e.Country = string(s.decision.Role), s.decision.Clause, s.decision.Site, s.decision.Country
	e.Version, e.Outcome, e.Reason = s.version, event.OutcomeAllow, string(s.decision.Reason)
	if s.refusal != nil {
		e.Outcome, e.Reason, e.Bytes = event.OutcomeDeny, refusalReason(s.refusal), 0
	}
	if len(s.ledgers) == 0 {
		s.ledgers = []string{OperatorLedger}
	}
	var tickets []audit.Ticket
	for i, ledger := range s.ledgers {
		copied := *e
		if i > 0 {
			copied.ID = event.NewID() // an event belongs to one ledger
		}
		t, err := d.ledger.Stage(ctx, tx.SQL, ledger, copied)
		if err != nil {
			return nil, fmt.Errorf("writing event into outbox: %w", err)
		}
		tickets = append(tickets, t)
	}
	if s.refusal != nil {
		return tickets, nil
	}
	for _, e := range s.also {
		t, err := d.ledger.Stage(ctx, tx.SQL, s.ledgers[0], e)
		if err != nil {
			return nil, fmt.Errorf("writing event into outbox: %w", err)
		}
		tickets = append(tickets, t)
	}
	return tickets, nil
}

// RecordOutcome records how a granted access ended, together with the change of state
// that belongs to it. If mutate returns false, there was nothing to do and nothing is
// recorded. It returns when the ledger has sequenced the event.
//
// Die before the commit: the state is unchanged and the grant stays open. Die after it:
// any replica sequences the event.
func (d *Door) RecordOutcome(ctx context.Context, ledger string, e event.Event,
	mutate func(context.Context, *database.Tx) (bool, error)) error {
	if mutate == nil {
		_, err := d.ledger.Append(ctx, ledger, e)
		return Unavailable(err)
	}
	err := d.record(ctx, ledger, func(ctx context.Context, tx *database.Tx) (*event.Event, error) {
		if done, err := mutate(ctx, tx); err != nil || !done {
			return nil, err
		}
		return &e, nil
	})
	if err != nil && e.Grant != "" {
		d.Orphan(ledger, e.Grant)
	}
	return err
}

// record runs mutate and writes the event that mutate returns into the outbox, in one
// transaction. Without an event it records nothing. It returns when the ledger has
// sequenced the event.
func (d *Door) record(ctx context.Context, ledger string, mutate func(context.Context, *database.Tx) (*event.Event, error)) error {
	var ticket *audit.Ticket
	err := d.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		ticket = nil
		e, err := mutate(ctx, tx)
		if err != nil || e == nil {
			return err
		}
		t, err := d.ledger.Stage(ctx, tx.SQL, ledger, *e)
		if err != nil {
			return fmt.Errorf("writing event into outbox: %w", err)
		}
		ticket = &t
		return nil
	})
	if err == nil && ticket != nil {
		_, err = d.ledger.Wait(ctx, *ticket)
	}
	return Unavailable(err)
}

// Ask decides again and records nothing. It is for an access that was granted and
// recorded, and that still runs. The act must not have a Mutate.
func (d *Door) Ask(ctx context.Context, caller Caller, a Act) error {
	var refusal error
	err := d.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		refusal = d.decide(ctx, tx, d.newScene(caller, a.Action), a)
		if refusal != nil && !IsRefusal(refusal) {
			return refusal
		}
		return nil
	})
	if err != nil {
		return Unavailable(err)
	}
	return refusal
}

// View reads in a transaction that cannot write. It refuses unless the act was allowed
// and recorded.
func (s *Scene) View(ctx context.Context, read func(ctx context.Context, tx *database.Tx) error) error {
	if !s.decision.Allowed || s.refusal != nil {
		return ErrNotFound
	}
	return s.door.db.View(ctx, read)
}

// IsRefusal separates a refusal, which is an answer, from a failure.
func IsRefusal(err error) bool {
	var denied *Denied
	var conflict *Conflict
	var invalid *Invalid
	return errors.Is(err, ErrNotFound) || errors.As(err, &denied) || errors.As(err, &conflict) || errors.As(err, &invalid)
}

// refusalReason returns the closed code that the ledger keeps for a refusal.
func refusalReason(err error) string {
	var denied *Denied
	var conflict *Conflict
	var invalid *Invalid
	switch {
	case errors.As(err, &denied):
		return string(denied.Reason)
	case errors.As(err, &conflict):
		return "conflict-" + string(conflict.Kind)
	case errors.As(err, &invalid):
		return "invalid-" + string(invalid.Kind)
	default:
		return "not-found"
	}
}

// Unavailable turns the errors of an unreachable database, ledger or store into
// ErrUnavailable. It keeps the cause for the log.
func Unavailable(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return err
	}
	if err != nil && (errors.Is(err, audit.ErrUnavailable) || database.Unavailable(err)) {
		return fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	return err
}

// IsUnavailable says whether the database, the ledger or the store cannot be reached. The
// outcome is unknown then.
func IsUnavailable(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, database.ErrUnavailable) || errors.Is(err, audit.ErrUnavailable)
}

// Now returns the act's time in the precision of the database.
func (d *Door) Now() time.Time { return d.clock().UTC().Truncate(time.Microsecond) }
