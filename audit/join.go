package audit

import (
	"context"
	"database/sql"
)

// Join sequences what is in the outbox and queued in a transaction that is about to
// commit, whose acts so share one commit with their places in the ledger. committed is to
// be called once that commit has succeeded, and answers those who wait. After an error
// the caller undoes what Join did and commits the rest: the events are still in the
// outbox, and a round of Run's sequences them.
//
// It is for SQLite, where that transaction is the only one that writes. On PostgreSQL an
// act would hold the one lock of all ledgers until its commit: there it does nothing. It
// does nothing either while Run is not running: without the sequencer nobody is answered,
// whatever else is true.
func (l *Ledger) Join(ctx context.Context, tx *sql.Tx) (committed func(), err error) {
	if l.config.PostgreSQL || !l.running() || l.Halted() != nil {
		return func() {}, nil
	}
	if l.queue.empty() {
		var staged bool
		if err := tx.QueryRowContext(ctx, anyInOutbox).Scan(&staged); err != nil || !staged {
			return func() {}, err // and a transaction that changed nothing stays one
		}
	}
	b, err := l.sequenceIn(ctx, tx, nil)
	if err != nil {
		return nil, err
	}
	return func() { l.committed(b) }, nil
}

func (l *Ledger) running() bool {
	select {
	case <-l.stopped:
		return false
	default:
		return l.started.Load()
	}
}
