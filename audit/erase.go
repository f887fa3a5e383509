package audit

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
)

// PrivateErasure selects erasable data of one ledger to erase.
type PrivateErasure struct {
	Ledger string
	From   int64                   // the first event to look at
	Before time.Time               // only what was sequenced before
	Class  event.RetentionClass    // only of this class; empty: of every
	Actor  string                  // only events of this person; empty: of all
	Due    func(ask.Erasable) bool // called for each selected event; false keeps its data
}

// PrivateErased is the result of one ErasePrivate.
type PrivateErased struct {
	From, To int64 // the events looked at: From ≤ seq < To
	Erased   int64
	Kept     int64 // because they are not due
	Done     bool  // no event from To on is left to look at
}

// ErasePrivate erases a batch of erasable data with its salts, in the caller's
// transaction. The caller goes on with From set to To until Done. The leaves stay, and
// with them every proof. Without the salt no one can guess the erased data. The caller
// records the erasure in the same transaction.
func (l *Ledger) ErasePrivate(ctx context.Context, tx *sql.Tx, e PrivateErasure) (PrivateErased, error) {
	page, err := l.Erasable(ctx, tx, ask.ErasableQuery{Ledger: e.Ledger, From: e.From, Before: e.Before, Class: e.Class, Actor: e.Actor})
	if err != nil {
		return PrivateErased{}, fmt.Errorf("erasing data of events: %w", err)
	}
	var due []int64
	for _, of := range page.Events {
		if e.Due(of) {
			due = append(due, of.Seq)
		}
	}
	done := PrivateErased{From: e.From, To: page.To, Done: page.Done, Erased: int64(len(due)), Kept: int64(len(page.Events) - len(due))}
	if err := l.clearPrivate(ctx, tx, e.Ledger, due); err != nil {
		return PrivateErased{}, fmt.Errorf("erasing data of events: %w", err)
	}
	return done, nil
}

const clearMany = `UPDATE audit_event SET priv = NULL, priv_salt = NULL
	FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[])) AS due (l, s) WHERE ledger = due.l AND seq = due.s`

const clearOne = `UPDATE audit_event SET priv = NULL, priv_salt = NULL WHERE ledger = $1 AND seq = $2`

func (l *Ledger) clearPrivate(ctx context.Context, tx *sql.Tx, ledger string, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	ledgers := make(list[string], len(seqs))
	for i := range ledgers {
		ledgers[i] = ledger
	}
	return l.change(ctx, tx, clearMany, clearOne, len(seqs), ledgers, list[int64](seqs))
}
