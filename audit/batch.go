package audit

import (
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// pending is an event without a place yet: a row of audit_outbox, or of the queue, where
// it has no id.
type pending struct {
	id     int64
	ledger string
	body   []byte
	event  *event.Event // the parsed body, if the event never left this process
	clear  *string
	salt   []byte
}

// read returns the event without its erasable data.
func (p *pending) read() (event.Event, error) {
	if p.event != nil {
		return *p.event, nil
	}
	e, err := event.Parse(p.body)
	if err != nil {
		return e, fmt.Errorf("%w: outbox row %d: %w", ErrTampered, p.id, err)
	}
	return e, nil
}

// head is a row of audit_head: where a ledger ends.
type head struct {
	size    int64
	compact compactRange
	last    int64 // time of the last event, µs
	indexed int64 // blocks, from the first on, that have their index rows
	tail    *tail // of the events without index rows; nil while not known

	// origin is the head in the database before the batch, if current: then it is written
	// only over that one.
	origin  origin
	current bool
	round   int64 // the last one that changed it; for memory
}

// entry is an event in its place.
type entry struct {
	event.Event
	leaf  []byte
	clear *string
	salt  []byte
}

// batch puts events in the outbox in their places. It knows no database.
type batch struct {
	round   int64
	heads   map[string]*head // of the ledgers touched
	entries []entry
}

// add gives the row the next place in its ledger. Time never runs backwards there, even
// when the clocks of the replicas differ.
func (b *batch) add(row pending, now time.Time) error {
	e, err := row.read()
	if err != nil {
		return err
	}
	if e.Ledger != row.ledger {
		return fmt.Errorf("%w: outbox row %d is of another ledger than its event", ErrTampered, row.id)
	}
	h := b.heads[e.Ledger]
	e.Seq = h.size
	e.Time = time.UnixMicro(max(now.UnixMicro(), h.last)).UTC()
	leaf, err := e.Leaf()
	if err != nil {
		return fmt.Errorf("outbox row %d: %w", row.id, err)
	}
	h.compact = h.compact.add(h.size, leaf)
	h.size++
	h.last = e.Time.UnixMicro()
	if h.tail == nil && e.Seq == h.indexed*schema.BlockSize {
		h.tail = newTail() // nothing came before it in its block
	}
	if h.tail != nil {
		h.tail.add(&e)
	}
	b.entries = append(b.entries, entry{Event: e, leaf: leaf, clear: row.clear, salt: row.salt})
	return nil
}

// places returns the sequence number of each event.
func (b *batch) places() map[Ticket]int64 {
	places := make(map[Ticket]int64, len(b.entries))
	for _, e := range b.entries {
		places[Ticket{Ledger: e.Ledger, Event: e.ID}] = e.Seq
	}
	return places
}
