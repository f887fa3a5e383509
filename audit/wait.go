package audit

import (
	"context"
	"fmt"
	"time"
)

// Wait returns when the ticket's event is durable in its ledger, with its sequence number
// there. The caller calls it after the act's commit and never inside a transaction: on
// SQLite the sequencer would wait for that transaction.
//
// Every error wraps ErrUnavailable and means that the event is not known to be durable:
// WaitTimeout passed, the context ended, the ledgers are halted, or Run has returned.
// Wait may be called before Run.
func (l *Ledger) Wait(ctx context.Context, t Ticket) (seq int64, err error) {
	defer func(began time.Time) { l.config.Observer.Waited(time.Since(began), err) }(time.Now())
	if err := l.refuseHalted(); err != nil {
		return 0, err
	}
	answer := l.waiters.add(t)
	defer l.waiters.remove(t, answer)
	select {
	case seq := <-answer: // the act's own commit sequenced it: see Join
		return seq, nil
	default:
	}
	l.wakeUp()
	timeout := time.NewTimer(l.config.WaitTimeout)
	defer timeout.Stop()
	select {
	case seq := <-answer:
		return seq, nil
	case <-timeout.C:
		return 0, fmt.Errorf("%w: event not sequenced in time", ErrUnavailable)
	case <-ctx.Done():
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	case <-l.halted:
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, errHalted)
	case <-l.stopped:
		return 0, fmt.Errorf("%w: sequencer stopped", ErrUnavailable)
	}
}

// wakeUp asks for a round of the sequencer. One request is enough for all events that are
// in the outbox by then.
func (l *Ledger) wakeUp() {
	l.rounds.wait()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
