package audit

import (
	"context"
	"database/sql"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
)

// FirstSchema is the number of the schema.
var FirstSchema = firstSchema

// Waiting says whether a call waits for an event.
func (l *Ledger) Waiting() bool { return l.waiters.any() }

// MaxQueued is how many may wait.
const MaxQueued = maxQueued

// Queued counts the appended events that are not sequenced yet, and the waiting calls.
func (l *Ledger) Queued() (queued, waited int) {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	l.waiters.mu.Lock()
	defer l.waiters.mu.Unlock()
	return len(l.queue.rows), len(l.waiters.waiting)
}

// CompactRange gives tests the compact range. Its bytes and root are frozen.
type CompactRange = compactRange

// ParseCompactRange reads a stored compact range.
func ParseCompactRange(size int64, stored []byte) (CompactRange, error) {
	return parseCompactRange(size, stored)
}

// Add adds a leaf.
func (f compactRange) Add(size int64, leaf []byte) CompactRange { return f.add(size, leaf) }

// Bytes is the stored form.
func (f compactRange) Bytes() []byte { return f.bytes() }

// Root is the root of the tree.
func (f compactRange) Root() (tlog.Hash, error) { return f.root() }

// Filler puts events into ledgers without the sequencer, each at the time at which it
// occurred, for tests that need millions of them. It writes the rows that the sequencer
// would write.
type Filler struct {
	ledger *Ledger
	heads  map[string]*head
}

// NewFiller begins to fill ledgers that hold nothing yet.
func (l *Ledger) NewFiller() *Filler { return &Filler{l, map[string]*head{}} }

// Fill writes the events, each into its Ledger, in one transaction.
func (f *Filler) Fill(ctx context.Context, events []event.Event) error {
	b := &batch{heads: f.heads, entries: make([]entry, 0, len(events))}
	for _, e := range events {
		if f.heads[e.Ledger] == nil {
			f.heads[e.Ledger] = &head{}
		}
		row, _, err := f.ledger.draft(e.Ledger, e)
		if err == nil {
			err = b.add(row, e.Occurred)
		}
		if err != nil {
			return err
		}
	}
	tx, err := f.ledger.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f.ledger.write(ctx, tx, b); err != nil {
		return err
	}
	for _, h := range f.heads {
		for h.unindexed() > 0 {
			if err := f.ledger.write(ctx, tx, &batch{heads: f.heads}); err != nil {
				return err
			}
		}
	}
	if err := f.ledger.writeOpen(ctx, tx, b.entries); err != nil {
		return err
	}
	return tx.Commit()
}

// TakeRound begins a round in a transaction.
func (l *Ledger) TakeRound(ctx context.Context, tx *sql.Tx) error {
	_, err := l.lock(ctx, tx)
	return err
}
