package choke

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// Owner is the door of the machine's owner, and of what the gateway does by itself. It
// decides nothing: the owner has the root key, and could do all of this without the
// gateway. It records what is done, under no person's name. No caller reaches it, because
// package httpapi cannot import this package.
type Owner struct{ door *Door }

// Now returns Door.Now.
func (o *Owner) Now() time.Time { return o.door.Now() }

// Record records an event of the owner, or of the gateway itself, together with the
// change that mutate makes. If mutate returns false, there was nothing to do and nothing
// is recorded. It returns when the ledger has sequenced the event.
func (o *Owner) Record(ctx context.Context, ledger string, e event.Event, mutate func(context.Context, *database.Tx) (bool, error)) error {
	return o.door.RecordOutcome(ctx, ledger, e, mutate)
}

// RecordChange is Record for a change whose event is known only once it is done. A nil
// event records nothing.
func (o *Owner) RecordChange(ctx context.Context, ledger string, mutate func(context.Context, *database.Tx) (*event.Event, error)) error {
	return o.door.record(ctx, ledger, mutate)
}

// RecordAlone records in the operator's ledger an act of the owner that changes nothing.
func (o *Owner) RecordAlone(ctx context.Context, action policy.Action) error {
	return o.Record(ctx, OperatorLedger, o.Event(action), nil)
}

// Step runs a transaction that records nothing. It finishes what was recorded before, or
// keeps the gateway's own state: which uploads still run, which objects are gone, which
// gateways run. The test of the import rules lists every caller of Step.
func (o *Owner) Step(ctx context.Context, mutate func(ctx context.Context, tx *database.Tx) error) error {
	return o.door.db.InTx(ctx, mutate)
}

// View reads in a transaction that cannot write.
func (o *Owner) View(ctx context.Context, read func(ctx context.Context, tx *database.Tx) error) error {
	return o.door.db.View(ctx, read)
}

// Scrub makes sure that what was deleted is gone from the database's own files, or fails
// with database.ErrStillInLog.
func (o *Owner) Scrub(ctx context.Context) error { return o.door.db.Scrub(ctx) }

// Columns lists all columns of the database with this name, as table.column.
func (o *Owner) Columns(ctx context.Context, name string) ([]string, error) {
	return o.door.db.Columns(ctx, name)
}

// Event returns a new event of the machine's owner.
func (o *Owner) Event(action policy.Action) event.Event {
	return event.Event{ID: event.NewID(), Occurred: o.Now(), Phase: event.PhaseState, Action: event.Action(action),
		Actor: System, Auth: "local", Outcome: event.OutcomeAllow, Reason: "local", Private: map[string]string{}}
}

// KeyEvent returns a new event of the machine's owner about a contract's key.
func (o *Owner) KeyEvent(action policy.Action, contract ContractID, epoch int64) event.Event {
	e := o.Event(action)
	e.Contract, e.Private["epoch"] = string(contract), fmt.Sprint(epoch)
	return e
}

// OwnEvent returns a new event of what the gateway does by itself.
func OwnEvent(action policy.Action, at time.Time) event.Event {
	return event.Event{ID: event.NewID(), Occurred: at, Phase: event.PhaseState, Action: event.Action(action), Actor: System,
		Outcome: event.OutcomeAllow, Reason: string(policy.ReasonAllowed)}
}

// System is the actor of what the gateway does by itself.
const System = "system"

// Progress hears how far a long operation has come: done of total.
type Progress func(done, total int64)

// Tell calls p, unless it is nil.
func (p Progress) Tell(done, total int64) {
	if p != nil {
		p(done, total)
	}
}
