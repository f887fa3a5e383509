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
	event  *event.Event // what body says, if it was never out of this process
	clear  *string
	salt   []byte
}

// read is the event, without its private half.
func (s *staged) read() (event.Event, error) {
	if s.event != nil {
		return *s.event, nil
	}
	e, err := event.Parse(s.body)
	if err != nil {
		return e, fmt.Errorf("%w: staged row %d: %w", ErrTampered, s.id, err)
	}
	return e, nil
}

// head is a row of audit_head: where a ledger ends.
type head struct {
	size     int64
	frontier frontier
	last     int64 // µs, of the last event
	posted   int64 // blocks, from the first on, that have their postings

	// block is the postings of the block that is being filled, as far as it is; nil when not all of it is known.
	block map[term]uint64
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
	turn     turn             // in which it is written
	heads    map[string]*head // of the ledgers touched
	entries  []entry
	postings []posting // of the blocks that are full now
}

// add gives the row the next place in its ledger. The time never runs backwards there, whatever the clocks of the
// replicas do.
func (b *batch) add(row staged, now time.Time) error {
	e, err := row.read()
	if err != nil {
		return err
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
	b.post(h, &e)
	h.frontier = h.frontier.add(h.size, leaf)
	h.size++
	h.last = e.Time.UnixMicro()
	b.entries = append(b.entries, entry{Event: e, leaf: leaf, clear: row.clear, salt: row.salt})
	return nil
}

// post takes the event into its block, whose postings are written when it is full and those of all before it are. Where not
// all of the block is known, it is left to a later turn: see catchUp.
func (b *batch) post(h *head, e *event.Event) {
	if e.Seq%blockSize == 0 {
		h.block = map[term]uint64{}
	}
	if h.block == nil {
		return
	}
	for _, t := range termsOf(e) {
		h.block[t] |= 1 << (e.Seq % blockSize)
	}
	number := e.Seq / blockSize
	if e.Seq%blockSize < blockSize-1 || h.posted < number {
		return
	}
	for t, bits := range h.block {
		b.postings = append(b.postings, posting{e.Ledger, t, number, bits})
	}
	h.posted = number + 1
}

// places tells where each event went.
func (b *batch) places() map[Ticket]int64 {
	places := make(map[Ticket]int64, len(b.entries))
	for _, e := range b.entries {
		places[Ticket{Ledger: e.Ledger, Event: e.ID}] = e.Seq
	}
	return places
}
