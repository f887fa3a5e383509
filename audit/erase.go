package audit

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

const (
	// eraseBatch is how many private halves one ErasePrivate erases at the most, and eraseWindow how many events it looks
	// at: neither may hold up the sequencer for long.
	eraseBatch  = 500
	eraseWindow = 5_000
)

// Half is an event whose private half is still kept, as far as deciding about it needs.
type Half struct {
	Seq                       int64
	Time                      time.Time
	Class                     event.RetentionClass
	Actor, Contract, Document string
}

// PrivateErasure names private halves of one ledger that may have to go.
type PrivateErasure struct {
	Ledger string
	From   int64                // the first event to look at
	Before time.Time            // only what was sequenced before
	Class  event.RetentionClass // only of this class; empty: of every
	Actor  string               // only what this person did; empty: everybody
	Due    func(Half) bool      // asked about each that all of this fits; false keeps it
}

// PrivateErased is what one ErasePrivate did.
type PrivateErased struct {
	From, To int64 // the events looked at: from From on, before To
	Erased   int64
	Kept     int64 // because they are not due
	Done     bool  // there is nothing from To on to look at
}

// ErasePrivate erases a batch of private halves, with their salts, in the caller's transaction; it goes on with From set
// to To until Done. The leaves stay, and with them every proof: what was committed to can no longer be told, not even by
// guessing. The caller stages the event that says so in the same transaction.
func (l *Ledger) ErasePrivate(ctx context.Context, tx *sql.Tx, e PrivateErasure) (PrivateErased, error) {
	end, err := l.erasureEnd(ctx, tx, e)
	if err != nil {
		return PrivateErased{}, fmt.Errorf("erasing private halves: %w", err)
	}
	end = max(end, e.From)
	done := PrivateErased{From: e.From, To: end, Done: true}
	var of []int64
	switch {
	case e.Actor != "":
		if of, done.To, err = l.doneByActor(ctx, tx, e, end); err != nil {
			return PrivateErased{}, fmt.Errorf("erasing private halves: %w", err)
		}
		done.Done = done.To >= end
	case end > e.From+eraseWindow:
		done.To, done.Done = e.From+eraseWindow, false
	}
	halves, err := l.halves(ctx, tx, e, done.To, of)
	if err != nil {
		return PrivateErased{}, fmt.Errorf("erasing private halves: %w", err)
	}
	if len(halves) == eraseBatch {
		done.To, done.Done = halves[eraseBatch-1].Seq+1, false
	}
	var due []int64
	for _, h := range halves {
		if e.Due(h) {
			due = append(due, h.Seq)
		}
	}
	done.Erased, done.Kept = int64(len(due)), int64(len(halves)-len(due))
	if err := l.clearPrivate(ctx, tx, e.Ledger, due); err != nil {
		return PrivateErased{}, fmt.Errorf("erasing private halves: %w", err)
	}
	return done, nil
}

// erasureEnd is the number of the first event that is too young to be looked at, or that has yet to come.
func (l *Ledger) erasureEnd(ctx context.Context, tx *sql.Tx, e PrivateErasure) (end int64, err error) {
	var c conditions
	err = tx.QueryRowContext(ctx, `SELECT COALESCE(`+c.firstSince(e.Ledger, e.Before)+`,
		(SELECT size FROM audit_head WHERE ledger = `+c.bind(e.Ledger)+`), 0)`, c.args...).Scan(&end)
	return end, err
}

// halves reads private halves, of all events or of those with the numbers.
func (l *Ledger) halves(ctx context.Context, tx *sql.Tx, e PrivateErasure, end int64, of []int64) ([]Half, error) {
	var c conditions
	c.add(`ledger = `, c.bind(e.Ledger))
	c.add(`seq >= `, c.bind(e.From))
	c.add(`seq < `, c.bind(end))
	c.add(`priv IS NOT NULL`)
	if e.Actor != "" {
		c.add(`actor = `, c.bind(e.Actor))
		c.amongNumbers(l.config.PostgreSQL, "seq", of)
	}
	switch e.Class {
	case "":
	case event.RetainDenial:
		c.add(`outcome = 'deny'`)
	default:
		c.add(`outcome <> 'deny'`)
		c.add(`kind = `, c.bind(string(e.Class)))
	}
	rows, err := tx.QueryContext(ctx, `SELECT seq, ts, kind, outcome, COALESCE(actor, ''), COALESCE(contract, ''), COALESCE(document, '')
		FROM audit_event WHERE `+c.String()+` ORDER BY seq LIMIT `+c.bind(eraseBatch), c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var halves []Half
	for rows.Next() {
		var h Half
		var micros int64
		var kind event.Kind
		var outcome event.Outcome
		if err := rows.Scan(&h.Seq, &micros, &kind, &outcome, &h.Actor, &h.Contract, &h.Document); err != nil {
			return nil, err
		}
		h.Time, h.Class = time.UnixMicro(micros).UTC(), event.RetentionClassOf(kind, outcome)
		halves = append(halves, h)
	}
	return halves, rows.Err()
}

// doneByActor gives the numbers of what the person did from the first event to look at on, up to where it looked. It looks at
// no more than eraseWindow events of blocks in which the person did something.
func (l *Ledger) doneByActor(ctx context.Context, tx *sql.Tx, e PrivateErasure, end int64) (of []int64, to int64, err error) {
	s, err := doneBy(ctx, tx, e.Ledger, e.Actor)
	if err != nil {
		return nil, 0, err
	}
	const most = eraseWindow / blockSize
	s.first, s.end = e.From, end
	posted := min(s.end, s.posted)
	blocks, err := readBlocks(ctx, tx, `SELECT block, bits FROM audit_posting WHERE ledger = $1 AND field = $2 AND value = $3
		AND block >= $4 AND block < $5 ORDER BY block LIMIT $6`, e.Ledger, fieldActor, e.Actor, s.first/blockSize, (posted+blockSize-1)/blockSize, most)
	if err != nil {
		return nil, 0, err
	}
	to = end
	if len(blocks) == most {
		to = min((blocks[most-1].number+1)*blockSize, end)
	}
	for _, b := range s.within(blocks) {
		of = b.numbers(of)
	}
	if to < end {
		return of, to, nil
	}
	where := s.where(max(s.first, s.posted), end)
	latest, err := readNumbers(ctx, tx, `SELECT seq FROM audit_event WHERE `+where.String(), where.args...)
	return append(of, latest...), end, err
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

// Acted says whether the ledger holds anything that the person did.
func (l *Ledger) Acted(ctx context.Context, tx *sql.Tx, ledger, actor string) (bool, error) {
	s, err := doneBy(ctx, tx, ledger, actor)
	if err != nil {
		return false, fmt.Errorf("looking for a person's events: %w", err)
	}
	n, err := l.count(ctx, tx, s, 1)
	if err != nil {
		return false, fmt.Errorf("looking for a person's events: %w", err)
	}
	return n > 0, nil
}

// doneBy is the search for what the person did.
func doneBy(ctx context.Context, tx *sql.Tx, ledger, actor string) (*search, error) {
	s := &search{ledger: ledger}
	s.filter("actor", term{fieldActor, actor})
	return s, s.readBounds(ctx, tx, time.Time{}, time.Time{})
}
