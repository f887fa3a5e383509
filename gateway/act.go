package gateway

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// act is one operation: what it is called, what it looks at, what it changes. Gateway.do is the only place that runs one,
// and the only way to anything that the gateway keeps.
type act struct {
	action policy.Action

	// look reads into the scene what the decision needs: at least onContract, onOrganisation or onOperator. An
	// ErrNotFound from it is recorded as a denial.
	load func(ctx context.Context, tx *database.Tx, s *scene) error

	// apply changes state once the decision allowed it, in the same transaction. A *Conflict, *Invalid or *Denied from it
	// undoes all that the act changed, and is recorded as a refusal.
	mutate func(ctx context.Context, tx *database.Tx, s *scene) error
}

// do runs one act: it reads the facts, decides, changes state and stages the event in one transaction, and returns when
// the ledger has sequenced the event. With any error nothing may be released and no success be told. After
// ErrUnavailable the state may have changed: the operation is safe to repeat.
//
// If we die before the commit, nothing happened. If we die after it, the state changed and its event is staged: any
// replica sequences it, and the caller, who heard nothing, asks again.
func (g *Gateway) do(ctx context.Context, caller Caller, a act) (*scene, error) {
	var s *scene
	var tickets []audit.Ticket
	err := g.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		s = g.newScene(caller, a.action) // afresh: the transaction may be tried again
		s.refusal = g.decide(ctx, tx, s, a)
		if s.refusal == nil && a.mutate != nil {
			if err := a.mutate(ctx, tx, s); err != nil {
				return err
			}
		}
		if s.refusal != nil && !isRefusal(s.refusal) {
			return s.refusal
		}
		var err error
		tickets, err = g.stage(ctx, tx, s)
		return err
	})
	if isRefusal(err) {
		// apply refused, and its transaction was rolled back: what remains is to record it.
		s.refusal = err
		err = g.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			tickets, err = g.stage(ctx, tx, s)
			return err
		})
	}
	if err != nil {
		g.orphanGrant(s)
		return nil, g.unavailable(err)
	}
	for _, t := range tickets {
		if _, err := g.ledger.Wait(ctx, t); err != nil {
			g.orphanGrant(s)
			return nil, g.unavailable(err)
		}
	}
	if s.refusal != nil {
		return nil, s.shown()
	}
	return s, nil
}

// orphanGrant is for an act that failed with an unknown outcome: if it granted an access, nothing is released on it, and the
// ledger closes it should the grant turn out to be recorded.
func (g *Gateway) orphanGrant(s *scene) {
	if s != nil && s.event.Phase == event.PhaseGrant && len(s.ledgers) > 0 {
		g.ledger.GiveUp(audit.Ticket{Ledger: s.ledgers[0], Event: s.event.ID})
	}
}

// decide is nil when the act is allowed, a refusal when it is not, and any other error when that could not be found out.
func (g *Gateway) decide(ctx context.Context, tx *database.Tx, s *scene, a act) error {
	if err := s.readCaller(ctx, tx); err != nil {
		return err
	}
	if err := a.load(ctx, tx, s); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	}
	switch {
	case s.duty:
		s.decision = g.duties.Decide(s.facts)
	case s.terms != nil:
		s.decision = s.terms.Decide(s.facts)
	case s.contract != "":
		s.decision = policy.NotInForce(s.facts)
	default:
		return fmt.Errorf("deciding %s: the act looked at nothing", a.action)
	}
	if err := g.checkFacts(a.action, s.decision); err != nil {
		return err
	}
	if !s.decision.Allowed {
		return &Denied{Reason: s.decision.Reason, Contract: s.contract, Version: s.version, Clause: s.decision.Clause}
	}
	return nil
}

// checkFacts refuses a decision that lacked facts. It is no answer about the act but a defect of ours: it stands in the
// ledger as a denial, in the log as an error, and is shown as one.
func (g *Gateway) checkFacts(a policy.Action, d policy.Decision) error {
	if d.Reason != policy.ReasonFactMissing {
		return nil
	}
	g.log.Error("a decision lacked facts that a condition needs: the gateway did not read them, and denied the act",
		"action", a, "facts", d.Missing)
	return &Denied{Reason: d.Reason}
}

// stage completes the act's event with the decision, and writes it into the queue of every ledger it stands in, in the
// act's own transaction.
func (g *Gateway) stage(ctx context.Context, tx *database.Tx, s *scene) ([]audit.Ticket, error) {
	e := &s.event
	e.Role, e.Clause, e.Site, e.Country = string(s.decision.Role), s.decision.Clause, s.decision.Site, s.decision.Country
	e.Version, e.Outcome, e.Reason = s.version, event.OutcomeAllow, string(s.decision.Reason)
	if s.refusal != nil {
		e.Outcome, e.Reason, e.Bytes = event.OutcomeDeny, refusalReason(s.refusal), 0
	}
	if len(s.ledgers) == 0 {
		s.ledgers = []string{operatorLedger}
	}
	var tickets []audit.Ticket
	for i, ledger := range s.ledgers {
		copied := *e
		if i > 0 {
			copied.ID = event.NewID() // an event belongs to one ledger
		}
		t, err := g.ledger.Stage(ctx, tx.SQL, ledger, copied)
		if err != nil {
			return nil, fmt.Errorf("staging event: %w", err)
		}
		tickets = append(tickets, t)
	}
	if s.refusal != nil {
		return tickets, nil
	}
	for _, e := range s.also {
		t, err := g.ledger.Stage(ctx, tx.SQL, s.ledgers[0], e)
		if err != nil {
			return nil, fmt.Errorf("staging event: %w", err)
		}
		tickets = append(tickets, t)
	}
	return tickets, nil
}

// conclude records how something that was granted ended, or what the gateway did by itself, together with the change of
// state that goes with it. Where apply says that there was nothing to do, nothing is recorded. It returns when the ledger
// has sequenced the event.
func (g *Gateway) recordOutcome(ctx context.Context, ledger string, e event.Event, apply func(context.Context, *database.Tx) (bool, error)) error {
	if apply == nil {
		_, err := g.ledger.Append(ctx, ledger, e)
		return g.unavailable(err)
	}
	var ticket *audit.Ticket
	err := g.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		ticket = nil
		if done, err := apply(ctx, tx); err != nil || !done {
			return err
		}
		t, err := g.ledger.Stage(ctx, tx.SQL, ledger, e)
		if err != nil {
			return fmt.Errorf("staging event: %w", err)
		}
		ticket = &t
		return nil
	})
	if err == nil && ticket != nil {
		_, err = g.ledger.Wait(ctx, *ticket)
	}
	if err != nil && e.Grant != "" {
		g.ledger.GiveUp(audit.Ticket{Ledger: ledger, Event: e.Grant})
	}
	return g.unavailable(err)
}

// ask decides without recording: for an access that was granted and recorded, and still runs.
func (g *Gateway) ask(ctx context.Context, caller Caller, a act) error {
	var refusal error
	err := g.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		refusal = g.decide(ctx, tx, g.newScene(caller, a.action), a)
		if refusal != nil && !isRefusal(refusal) {
			return refusal
		}
		return nil
	})
	if err != nil {
		return g.unavailable(err)
	}
	return refusal
}

// isRefusal tells an answer of the product from a failure of its parts.
func isRefusal(err error) bool {
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

// unavailable folds what the database, the ledger and the store say when they are away into ErrUnavailable, keeping the
// cause for the log.
func (g *Gateway) unavailable(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return err
	}
	if err != nil && (errors.Is(err, audit.ErrUnavailable) || database.Unavailable(err)) {
		return fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	return err
}

// isUnavailable says whether an error means that the database, the ledger or the store is away: nothing is known then.
func isUnavailable(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, database.ErrUnavailable) || errors.Is(err, audit.ErrUnavailable)
}

// recordOwn is conclude for a change whose event is known only when it is done; nil is no event.
func (g *Gateway) recordOwn(ctx context.Context, ledger string,
	apply func(context.Context, *database.Tx) (*event.Event, error)) error {
	var ticket *audit.Ticket
	err := g.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		ticket = nil
		e, err := apply(ctx, tx)
		if err != nil || e == nil {
			return err
		}
		t, err := g.ledger.Stage(ctx, tx.SQL, ledger, *e)
		ticket = &t
		return err
	})
	if err == nil && ticket != nil {
		_, err = g.ledger.Wait(ctx, *ticket)
	}
	return g.unavailable(err)
}

// now is the act's time, in the precision that the database keeps.
func (g *Gateway) now() time.Time { return g.clock().UTC().Truncate(time.Microsecond) }
