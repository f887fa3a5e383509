package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// Ticket names an event to Wait for.
type Ticket struct {
	Ledger string
	Event  string // the event's id; the event that ends a grant names it
}

// Stage puts the event into the outbox in the act's own transaction: it will be in the
// ledger if and only if the act commits. It fills in ID, Occurred and Node when they are
// empty, and replaces the commitment and the fields that the sequencer assigns. After the
// commit, and outside any transaction, the caller calls Wait. Stage fails with
// ErrUnavailable at once while too many calls of Wait are pending.
func (l *Ledger) Stage(ctx context.Context, tx *sql.Tx, ledger string, e event.Event) (Ticket, error) {
	if err := errors.Join(l.refuseHalted(), l.waiters.crowded()); err != nil {
		return Ticket{}, fmt.Errorf("putting an event into the outbox: %w", err)
	}
	row, ticket, err := l.draft(ledger, e)
	if err != nil {
		return Ticket{}, fmt.Errorf("putting an event into the outbox: %w", err)
	}
	_, err = tx.ExecContext(ctx, l.outboxStatement(), row.ledger, row.body, row.clear, row.salt)
	if err != nil {
		return Ticket{}, fmt.Errorf("putting an event into the outbox: %w", err)
	}
	return ticket, nil
}

// Append records an event without a change of state: a refusal, or the end of an access.
// It returns as Wait does. It needs no transaction of the caller, so a single event costs
// one commit, and many at once share one. When it fails for the end of an access, it
// orphans the access (see Orphan).
func (l *Ledger) Append(ctx context.Context, ledger string, e event.Event) (seq int64, err error) {
	defer func() {
		if err != nil && e.Grant != "" {
			l.Orphan(Ticket{Ledger: ledger, Event: e.Grant})
		}
	}()
	if err := l.refuseHalted(); err != nil {
		return 0, fmt.Errorf("appending an event: %w", err)
	}
	row, ticket, err := l.draft(ledger, e)
	if err != nil {
		return 0, fmt.Errorf("appending an event: %w", err)
	}
	if err := l.queue.add(row); err != nil {
		return 0, fmt.Errorf("appending an event: %w", err)
	}
	return l.Wait(ctx, ticket)
}

// draft makes the pending row of an event.
func (l *Ledger) draft(ledger string, e event.Event) (pending, Ticket, error) {
	if e.Action.IsControl() {
		return pending{}, Ticket{}, fmt.Errorf("%w: only the ledger itself records its name and key", event.ErrInvalid)
	}
	return l.complete(ledger, e)
}

// complete fills in the fields that every event has.
func (l *Ledger) complete(ledger string, e event.Event) (pending, Ticket, error) {
	e.Ledger, e.Seq, e.Time, e.Commitment = ledger, 0, time.Time{}, ""
	if e.ID == "" {
		e.ID = event.NewID()
	}
	if e.Occurred.IsZero() {
		e.Occurred = l.config.Clock()
	}
	if e.Node == "" {
		e.Node = l.node
	}
	if !e.Action.Known() {
		return pending{}, Ticket{}, fmt.Errorf("%w: action is not in the catalogue", event.ErrInvalid)
	}
	row := pending{ledger: ledger}
	if len(e.Private) > 0 {
		opening, err := event.Hide(e.Private)
		if err != nil {
			return pending{}, Ticket{}, err
		}
		row.clear, row.salt, e.Commitment = &opening.Clear, opening.Salt, opening.Commitment()
	}
	e.Occurred = e.Occurred.UTC().Truncate(time.Microsecond) // as it is written
	var err error
	row.body, err = e.Leaf()
	e.Private = nil
	row.event = &e
	return row, Ticket{Ledger: ledger, Event: e.ID}, err
}

// outboxStatement inserts a numbered row. The numbers order events by cause: an act that
// has seen the commit of another gets a larger number. On SQLite the largest number plus
// one is enough, because there is one writer.
func (l *Ledger) outboxStatement() string {
	if l.config.PostgreSQL {
		return `INSERT INTO audit_outbox (ledger, body, priv, priv_salt) VALUES ($1, $2, $3, $4)`
	}
	return `INSERT INTO audit_outbox (id, ledger, body, priv, priv_salt)
		VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM audit_outbox), $1, $2, $3, $4)`
}
