package audit

import (
	"context"
	"database/sql"
)

// Join sequences the outbox and the queue in a transaction that is about to commit. So
// the acts and their places in the ledger share one commit. The caller calls committed
// once that commit has succeeded; it answers the waiting acts. After an error the caller
// undoes the changes of Join and commits the rest: the events are still in the outbox,
// and a round of Run sequences them.
//
// Join is for SQLite, where that transaction is the only writer. On PostgreSQL it does
// nothing, because an act would hold the one lock of all ledgers until its commit. It
// does nothing either while Run is not running: without the sequencer no act is answered.
func (l *Ledger) Join(ctx context.Context, tx *sql.Tx) (committed func(), err error) {
	if l.config.PostgreSQL || !l.running() || l.Halted() != nil {
		return func() {}, nil
	}
	if l.queue.empty() {
		var waiting bool
		if err := tx.QueryRowContext(ctx, anyInOutbox).Scan(&waiting); err != nil || !waiting {
			return func() {}, err // a transaction that changed nothing must not write
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
