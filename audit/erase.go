package audit

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
)

// PrivateErasure names erasable data of one ledger that may have to go.
type PrivateErasure struct {
	Ledger string
	From   int64                   // the first event to look at
	Before time.Time               // only what was sequenced before
	Class  event.RetentionClass    // only of this class; empty: of every
	Actor  string                  // only what this person did; empty: everybody
	Due    func(ask.Erasable) bool // asked about each that all of this fits; false keeps it
}

// PrivateErased is what one ErasePrivate did.
type PrivateErased struct {
	From, To int64 // the events looked at: from From on, before To
	Erased   int64
	Kept     int64 // because they are not due
	Done     bool  // there is nothing from To on to look at
}

// ErasePrivate erases a batch of erasable data, with their salts, in the caller's
// transaction; it goes on with From set to To until Done. The leaves stay, and with them
// every proof: what was committed to can no longer be told, not even by guessing. The
// caller stages the event that says so in the same transaction.
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
