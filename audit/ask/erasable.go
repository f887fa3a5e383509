package ask

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

const (
	// erasablePage is the largest number of events with erasable data on one page.
	// erasableWindow is the largest number of events that a page looks at, because its
	// caller holds a lock meanwhile.
	erasablePage   = 500
	erasableWindow = 5_000
)

// Erasable is an event that still has erasable data, with the fields that decide about
// it.
type Erasable struct {
	Seq                       int64
	Time                      time.Time
	Class                     event.RetentionClass
	Actor, Contract, Document string
}

// ErasableQuery selects erasable data of one ledger.
type ErasableQuery struct {
	Ledger string
	From   int64                // the first event to look at
	Before time.Time            // only events sequenced before
	Class  event.RetentionClass // only of this class; empty: of every
	Actor  string               // only events of this person; empty: of all
}

// ErasablePage is a page of events with erasable data, the oldest first.
type ErasablePage struct {
	Events []Erasable
	To     int64 // the number up to which events were looked at
	Done   bool  // no event from To on is left to look at
}

// Erasable lists events that still have erasable data, in the caller's transaction.
func (a *Asker) Erasable(ctx context.Context, tx schema.Queryer, q ErasableQuery) (ErasablePage, error) {
	end, err := erasableEnd(ctx, tx, q)
	if err != nil {
		return ErasablePage{}, err
	}
	end = max(end, q.From)
	page := ErasablePage{To: end, Done: true}
	var of []int64
	switch {
	case q.Actor != "":
		if of, page.To, err = doneByActor(ctx, tx, q, end); err != nil {
			return ErasablePage{}, err
		}
		page.Done = page.To >= end
	case end > q.From+erasableWindow:
		page.To, page.Done = q.From+erasableWindow, false
	}
	if page.Events, err = a.erasable(ctx, tx, q, page.To, of); err != nil {
		return ErasablePage{}, err
	}
	if len(page.Events) == erasablePage {
		page.To, page.Done = page.Events[erasablePage-1].Seq+1, false
	}
	return page, nil
}

// erasableEnd is the number of the first event that is too young, or the size of the
// ledger.
func erasableEnd(ctx context.Context, tx schema.Queryer, e ErasableQuery) (end int64, err error) {
	var c conditions
	err = tx.QueryRowContext(ctx, `SELECT COALESCE(`+c.firstSince(e.Ledger, e.Before)+`,
		(SELECT size FROM audit_head WHERE ledger = `+c.bind(e.Ledger)+`), 0)`, c.args...).Scan(&end)
	return end, err
}

// erasable reads events with erasable data before end: all, or only those with the given
// numbers.
func (a *Asker) erasable(ctx context.Context, tx schema.Queryer, e ErasableQuery, end int64, of []int64) ([]Erasable, error) {
	var c conditions
	c.add(`ledger = `, c.bind(e.Ledger))
	c.add(`seq >= `, c.bind(e.From))
	c.add(`seq < `, c.bind(end))
	c.add(`priv IS NOT NULL`)
	if e.Actor != "" {
		c.add(`actor = `, c.bind(e.Actor))
		c.amongNumbers(a.postgresql, "seq", of)
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
		FROM audit_event WHERE `+c.String()+` ORDER BY seq LIMIT `+c.bind(erasablePage), c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []Erasable
	for rows.Next() {
		var h Erasable
		var micros int64
		var kind event.Kind
		var outcome event.Outcome
		if err := rows.Scan(&h.Seq, &micros, &kind, &outcome, &h.Actor, &h.Contract, &h.Document); err != nil {
			return nil, err
		}
		h.Time, h.Class = time.UnixMicro(micros).UTC(), event.RetentionClassOf(kind, outcome)
		events = append(events, h)
	}
	return events, rows.Err()
}

// doneByActor returns the numbers of the person's events from the first event to look at
// on, and the number up to which it looked. It looks at no more than erasableWindow
// events, in blocks with an event of the person.
func doneByActor(ctx context.Context, tx schema.Queryer, e ErasableQuery, end int64) (of []int64, to int64, err error) {
	s, err := doneBy(ctx, tx, e.Ledger, e.Actor)
	if err != nil {
		return nil, 0, err
	}
	const most = erasableWindow / schema.BlockSize
	s.first, s.end = e.From, end
	indexed := min(s.end, s.indexed)
	blocks, err := readBlocks(ctx, tx, `SELECT block, bits FROM audit_index WHERE ledger = $1 AND field = $2 AND value = $3
		AND block >= $4 AND block < $5 ORDER BY block LIMIT $6`, e.Ledger, schema.ColumnOf("actor").Field, e.Actor, s.first/schema.BlockSize, (indexed+schema.BlockSize-1)/schema.BlockSize, most)
	if err != nil {
		return nil, 0, err
	}
	to = end
	if len(blocks) == most {
		to = min((blocks[most-1].number+1)*schema.BlockSize, end)
	}
	for _, b := range s.within(blocks) {
		of = b.numbers(of)
	}
	if to < end {
		return of, to, nil
	}
	where := s.where(max(s.first, s.indexed), end)
	latest, err := readNumbers(ctx, tx, `SELECT seq FROM audit_event WHERE `+where.String(), where.args...)
	return append(of, latest...), end, err
}

// Acted says whether the ledger holds an event of the person.
func (a *Asker) Acted(ctx context.Context, tx schema.Queryer, ledger, actor string) (bool, error) {
	s, err := doneBy(ctx, tx, ledger, actor)
	if err != nil {
		return false, fmt.Errorf("looking for a person's events: %w", err)
	}
	n, err := a.count(ctx, tx, s, 1)
	if err != nil {
		return false, fmt.Errorf("looking for a person's events: %w", err)
	}
	return n > 0, nil
}

// doneBy is the search for the person's events.
func doneBy(ctx context.Context, tx schema.Queryer, ledger, actor string) (*search, error) {
	s := &search{ledger: ledger}
	s.filter(schema.ColumnOf("actor"), actor)
	return s, s.readBounds(ctx, tx, time.Time{}, time.Time{})
}
