package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

const (
	// roundTimeout bounds a round, so that a connection that hangs is dropped and
	// replaced.
	roundTimeout = 10 * time.Second
	// lookTimeout bounds the look for something to do, which costs no time.
	lookTimeout = 2 * time.Second
	// retryPause is the pause after a round that failed.
	retryPause = 50 * time.Millisecond
)

// Run sequences events in the outbox until ctx ends. Every process that records events
// runs it, once. With several replicas on one database, any of them sequences the events
// of all. Run returns nil when ctx ends, after the round in progress and one that closes
// the accesses that this process leaves open.
//
// A batch holds the events that came into the outbox while the previous batch was being
// committed. No event waits for a batch to fill up, and a single act costs exactly one
// commit.
func (l *Ledger) Run(ctx context.Context) error {
	if l.started.Swap(true) {
		return errors.New("running the sequencer: it has run already")
	}
	defer close(l.stopped)
	poll := time.NewTicker(l.config.Poll)
	defer poll.Stop()
	heartbeat := time.NewTicker(l.config.Heartbeat)
	defer heartbeat.Stop()
	var others watch
	for {
		select {
		case <-ctx.Done():
			if err := l.leave(ctx); err != nil {
				l.config.Logger.Warn("closing what is left open", "error", err)
			}
			return nil
		case <-heartbeat.C:
			if err := l.tick(ctx, &others); err != nil && ctx.Err() == nil {
				l.config.Logger.Error("watching nodes", "error", err)
			}
			continue
		case <-l.wake:
		case <-poll.C:
			if !l.anythingToDo(ctx) {
				continue
			}
		}
		if err := l.drain(ctx); err != nil {
			l.config.Logger.Error("sequencing events", "error", err)
			l.pause(ctx)
			l.wakeUp()
		}
	}
}

// Settle sequences all events in the outbox now, and indexes full blocks without index
// rows, for a process that does not Run.
func (l *Ledger) Settle(ctx context.Context) error {
	if err := l.drain(ctx); err != nil {
		return fmt.Errorf("sequencing the outbox: %w", err)
	}
	if err := l.indexBehind(ctx, func() bool { return false }); err != nil {
		return err
	}
	return ctx.Err()
}

// drain runs rounds until everything that was in the outbox when it began is sequenced.
func (l *Ledger) drain(ctx context.Context) error {
	for ctx.Err() == nil && l.Halted() == nil {
		l.rounds.wait()
		full, err := l.round(ctx)
		l.config.Observer.Round(err)
		if err == nil {
			l.rounds.succeeded(full)
		}
		if err != nil || !full {
			return err
		}
	}
	return nil
}

// round sequences one batch, closes the grants of nodes that are gone, and answers the
// waiting acts. It goes on when ctx ends: otherwise its commit would have an unknown
// outcome.
//
// When sequencing fails, even with an unknown outcome, no act is answered. If it did
// commit, the rows are gone from the outbox and a later round finds the events by their
// ids. If it did not, they are still in the outbox. Either way a later round answers.
func (l *Ledger) round(ctx context.Context, gone ...stale) (full bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundTimeout)
	defer cancel()
	runtime.Gosched() // the acts that the last round answered may append more events: this batch takes them along
	waitedFor := l.waiters.tickets()
	n, err := l.sequence(ctx, gone)
	if err != nil {
		return false, err
	}
	if n >= l.config.Batch {
		return true, nil
	}
	return false, l.answerFromLedger(ctx, waitedFor)
}

// answerFromLedger looks up the events that acts waited for before the round and that
// were not in its batch. Another replica has sequenced them, or an earlier round whose
// commit seemed to fail.
func (l *Ledger) answerFromLedger(ctx context.Context, waitedFor []Ticket) error {
	missing := l.waiters.pending(waitedFor)
	if len(missing) == 0 {
		return nil
	}
	durable, err := l.lookUp(ctx, missing)
	if err != nil {
		return fmt.Errorf("looking up events: %w", err)
	}
	l.waiters.acknowledge(durable)
	return nil
}

const anyInOutbox = `SELECT EXISTS (SELECT 1 FROM audit_outbox)`

// anythingToDo looks without the lock, because an idle process must not write.
func (l *Ledger) anythingToDo(ctx context.Context) bool {
	if !l.queue.empty() || l.waiters.any() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var waiting bool
	if err := l.config.Reader.QueryRowContext(ctx, anyInOutbox).Scan(&waiting); err != nil {
		return !errors.Is(ctx.Err(), context.Canceled) // a round will report the error
	}
	return waiting
}

func (l *Ledger) pause(ctx context.Context) {
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
