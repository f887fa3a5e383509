package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
)

// RotateKey replaces the key that signs checkpoints, in every ledger and in one
// transaction. Each ledger gets an event, made from e, that carries the new key with a
// signature of the old one. The new key signs the checkpoints that include that event,
// and a verifier that trusts the old key follows the event to the new one. No other
// process may work on the database meanwhile: it would go on to sign with the old key.
//
// A ledger that begins later has never had another key, and needs no such event.
// RotateKey returns the number of ledgers with such an event.
func (l *Ledger) RotateKey(ctx context.Context, next ed25519.PrivateKey, e event.Event) (int, error) {
	n, err := l.rotateKey(ctx, next, e)
	if err != nil {
		return 0, fmt.Errorf("rotating the ledgers' key: %w", err)
	}
	if err := l.loadHistories(ctx, next); err != nil {
		return 0, fmt.Errorf("rotating the ledgers' key: %w", err)
	}
	return n, nil
}

func (l *Ledger) rotateKey(ctx context.Context, next ed25519.PrivateKey, e event.Event) (int, error) {
	if len(next) != ed25519.PrivateKeySize {
		return 0, errors.New("no key to sign checkpoints with")
	}
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	round, err := l.lock(ctx, tx)
	if err != nil {
		return 0, err
	}
	ledgers, err := listLedgers(ctx, tx, begunLedgers)
	if err != nil {
		return 0, err
	}
	var rows []pending
	for _, ledger := range ledgers {
		row, err := l.succession(ledger, next, e)
		if err != nil {
			return 0, err
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return 0, errors.New("there is no ledger yet: put another key file in the place of this one")
	}
	b, err := l.place(ctx, tx, round, rows)
	if err != nil {
		return 0, fmt.Errorf("placing events: %w", err)
	}
	if err := l.write(ctx, tx, b); err != nil {
		return 0, err
	}
	if err := l.writeControlEvents(ctx, tx, b.entries); err != nil {
		return 0, fmt.Errorf("writing keys: %w", err)
	}
	return len(rows), tx.Commit()
}

// succession makes the event that replaces the key of one ledger. A replaced key never
// comes back: a verifier could not tell which of its two periods a checkpoint is from.
func (l *Ledger) succession(ledger string, next ed25519.PrivateKey, e event.Event) (pending, error) {
	former := l.histories.signingKey()
	public := next.Public().(ed25519.PublicKey)
	for _, r := range l.Rotations(ledger) {
		if public.Equal(r.Former) {
			return pending{}, fmt.Errorf("the new key has been the key of %s before", ledger)
		}
	}
	change := event.KeyChange{Former: former.Public().(ed25519.PublicKey), Next: public}
	if change.Former.Equal(public) {
		return pending{}, errors.New("the new key is the old one")
	}
	change.Signature = ed25519.Sign(former, []byte(change.Statement(l.firstName(ledger))))
	e.Phase, e.Action, e.Outcome, e.Subject = event.PhaseState, event.ActionRekey, event.OutcomeAllow, change.String()
	e.ID = "" // each event gets its own
	row, _, err := l.complete(ledger, e)
	return row, err
}
