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

// Config is what the doors are made of. All of it is needed.
type Config struct {
	Database *database.DB // migrated
	Ledger   *audit.Ledger
	Clock    func() time.Time
	Compiled *Compiled // the compiled contracts that are kept
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

// Act is one operation: what it is called, what it looks at, what it changes. Door.Do is the only place that runs one.
type Act struct {
	Action policy.Action

	// Load reads into the scene what the decision needs: at least OnContract, OnOrganisation or OnOwn. An ErrNotFound
	// from it is recorded as a denial.
	Load func(ctx context.Context, tx *database.Tx, s *Scene) error

	// Mutate changes state once the decision allowed it, in the same transaction. A *Conflict, *Invalid or *Denied from
	// it undoes all that the act changed, and is recorded as a refusal.
	Mutate func(ctx context.Context, tx *database.Tx, s *Scene) error
}

// Hand is an act whose load hands what it read to its mutate, so that no row is read twice in one transaction. Each Do
// needs one of its own: two at a time would share what was read.
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

// Do runs one act: it loads the facts, decides, mutates and stages the event in one transaction, and returns when the
// ledger has sequenced the event. With any error nothing may be released and no success be told. After ErrUnavailable the
// state may have changed: the operation is safe to repeat.
//
// If we die before the commit, nothing happened. If we die after it, the state changed and its event is staged: any
// replica sequences it, and the caller, who heard nothing, asks again.
func (d *Door) Do(ctx context.Context, caller Caller, a Act) (*Scene, error) {
	var s *Scene
	var tickets []audit.Ticket
	err := d.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		s = d.newScene(caller, a.Action) // afresh: the transaction may be tried again
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
		tickets, err = d.stage(ctx, tx, s)
		return err
	})
	if IsRefusal(err) {
		// Mutate refused, and its transaction was rolled back: what remains is to record it.
		s.refusal = err
		err = d.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			tickets, err = d.stage(ctx, tx, s)
			return err
		})
	}
	if err != nil {
		d.orphanGrant(s)
		return nil, Unavailable(err)
	}
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

// orphanGrant is for an act that failed with an unknown outcome: if it granted an access, nothing is released on it, and
// the ledger closes it should the grant turn out to be recorded.
func (d *Door) orphanGrant(s *Scene) {
	if s != nil && s.event.Phase == event.PhaseGrant && len(s.ledgers) > 0 {
		d.Orphan(s.ledgers[0], s.event.ID)
	}
}

// Orphan is for a grant whose outcome is not known: nothing more is released on it, and the ledger closes it.
func (d *Door) Orphan(ledger, grant string) {
	d.ledger.Orphan(audit.Ticket{Ledger: ledger, Event: grant})
}

// decide is nil when the act is allowed, a refusal when it is not, and any other error when that could not be found out.
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
		return fmt.Errorf("deciding %s: the act looked at nothing", a.Action)
	}
	if err := d.CheckFacts(a.Action, s.decision); err != nil {
		return err
	}
	if !s.decision.Allowed {
		return &Denied{Reason: s.decision.Reason, Contract: s.contract, Version: s.version, Clause: s.decision.Clause}
	}
	return nil
}

// CheckFacts refuses a decision that lacked facts. It is no answer about the act but a defect of ours: it stands in the
// ledger as a denial, in the log as an error, and is shown as one.
func (d *Door) CheckFacts(a policy.Action, decided policy.Decision) error {
	if decided.Reason != policy.ReasonFactMissing {
		return nil
	}
	d.log.Error("a decision lacked facts that a condition needs: the gateway did not read them, and denied the act",
		"action", a, "facts", decided.Missing)
	return &Denied{Reason: decided.Reason}
}

// stage completes the act's event with the decision, and writes it into the queue of every ledger it stands in, in the
// act's own transaction.
func (d *Door) stage(ctx context.Context, tx *database.Tx, s *Scene) ([]audit.Ticket, error) {
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
			return nil, fmt.Errorf("staging event: %w", err)
		}
		tickets = append(tickets, t)
	}
	if s.refusal != nil {
		return tickets, nil
	}
	for _, e := range s.also {
		t, err := d.ledger.Stage(ctx, tx.SQL, s.ledgers[0], e)
		if err != nil {
			return nil, fmt.Errorf("staging event: %w", err)
		}
		tickets = append(tickets, t)
	}
	return tickets, nil
}

// RecordOutcome records how something that was granted ended, together with the change of state that goes with it. Where
// mutate says that there was nothing to do, nothing is recorded. It returns when the ledger has sequenced the event.
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

// record mutates and stages the event that mutate gives, if it gives one, in one transaction, and returns when the ledger
// has sequenced it.
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
			return fmt.Errorf("staging event: %w", err)
		}
		ticket = &t
		return nil
	})
	if err == nil && ticket != nil {
		_, err = d.ledger.Wait(ctx, *ticket)
	}
	return Unavailable(err)
}

// Ask decides without recording: for an access that was granted and recorded, and still runs. The act must not mutate.
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

// View reads, in a transaction that cannot write, for an act that was allowed and recorded.
func (s *Scene) View(ctx context.Context, read func(ctx context.Context, tx *database.Tx) error) error {
	if !s.decision.Allowed || s.refusal != nil {
		return ErrNotFound
	}
	return s.door.db.View(ctx, read)
}

// IsRefusal tells an answer of the product from a failure of its parts.
func IsRefusal(err error) bool {
	var denied *Denied
	var conflict *Conflict
	var invalid *Invalid
	return errors.Is(err, ErrNotFound) || errors.As(err, &denied) || errors.As(err, &conflict) || errors.As(err, &invalid)
}

// refusalReason is the closed code that the ledger keeps for a refusal.
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

// Unavailable folds what the database, the ledger and the store say when they cannot be reached into ErrUnavailable,
// keeping the cause for the log.
func Unavailable(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return err
	}
	if err != nil && (errors.Is(err, audit.ErrUnavailable) || database.Unavailable(err)) {
		return fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	return err
}

// IsUnavailable says whether an error means that the database, the ledger or the store cannot be reached: nothing is known
// then.
func IsUnavailable(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, database.ErrUnavailable) || errors.Is(err, audit.ErrUnavailable)
}

// Now is the act's time, in the precision that the database keeps.
func (d *Door) Now() time.Time { return d.clock().UTC().Truncate(time.Microsecond) }
