package audit

import (
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// staged is an event that waits for its place: a row of audit_stage, or of the queue, where it has no id.
type staged struct {
	id     int64
	ledger string
	body   []byte
	clear  *string
	salt   []byte
}

// head is a row of audit_head: where a ledger ends.
type head struct {
	size     int64
	frontier frontier
	last     int64 // µs, of the last event
	posted   int64 // blocks, from the first on, that have their postings
}

// entry is an event in its place.
type entry struct {
	event.Event
	leaf  []byte
	clear *string
	salt  []byte
}

// batch puts staged events in their places. It knows no database.
type batch struct {
	heads   map[string]*head // of the ledgers touched
	entries []entry
}

// add gives the row the next place in its ledger. The time never runs backwards there, whatever the clocks of the
// replicas do.
func (b *batch) add(row staged, now time.Time) error {
	e, err := event.Parse(row.body)
	if err != nil {
		return fmt.Errorf("%w: staged row %d: %w", ErrTampered, row.id, err)
	}
	if e.Ledger != row.ledger {
		return fmt.Errorf("%w: staged row %d is of another ledger than its event", ErrTampered, row.id)
	}
	h := b.heads[e.Ledger]
	e.Seq = h.size
	e.Time = time.UnixMicro(max(now.UnixMicro(), h.last)).UTC()
	leaf, err := e.Leaf()
	if err != nil {
		return fmt.Errorf("staged row %d: %w", row.id, err)
	}
	h.frontier = h.frontier.add(h.size, leaf)
	h.size++
	h.last = e.Time.UnixMicro()
	b.entries = append(b.entries, entry{Event: e, leaf: leaf, clear: row.clear, salt: row.salt})
	return nil
}

// places tells where each event went.
func (b *batch) places() map[Ticket]int64 {
	places := make(map[Ticket]int64, len(b.entries))
	for _, e := range b.entries {
		places[Ticket{Ledger: e.Ledger, Event: e.ID}] = e.Seq
	}
	return places
}
