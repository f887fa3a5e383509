package audit

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// Queries find events through index rows. Sixty-four consecutive events are a block. When
// a block is full, every value that a field has in it gets one row of audit_index, whose
// 64 bits say which of the events have the value. The events after the last full block
// are few, and queries read them one by one.
//
// An ordinary index costs one entry for every event, in a page of its own for every
// ledger. With a dozen such indexes, writing pages was most of the work of an append. An
// index row is written once for all events of a block that share the value. And filters
// combine without the database's planner, which knows nothing about single values: two
// filters are the bits that both have.

// indexRow is a row of audit_index.
type indexRow struct {
	ledger string
	schema.Term
	block int64
	bits  uint64 // bit i stands for event block × 64 + i
}

// blocksAtOnce is the largest number of blocks that one batch indexes. A block of events
// that have nothing in common is some 900 rows, and a batch must be over long before
// roundTimeout on the slowest machine: one that is cut off is tried again, and would be
// cut off again.
const blocksAtOnce = 16

// unindexed is the number of full blocks of the ledger without index rows.
func (h *head) unindexed() int64 { return h.size/schema.BlockSize - h.indexed }

// fullBlocks returns the index rows of the blocks that a batch fills, and of earlier
// blocks without any, at most blocksAtOnce. Later batches do the rest.
func (l *Ledger) fullBlocks(ctx context.Context, tx *sql.Tx, b *batch) (indexed, error) {
	var rows indexed
	left := int64(blocksAtOnce)
	unread := map[string]*blocks{}
	for ledger, h := range b.heads {
		n := min(h.unindexed(), left)
		if n <= 0 {
			continue
		}
		left -= n
		if h.tail != nil {
			rows.list = h.tail.take(ledger, h.indexed+n, rows.list)
		} else {
			unread[ledger] = newBlocks(h.indexed*schema.BlockSize, (h.indexed+n)*schema.BlockSize)
		}
		h.indexed += n
	}
	if len(unread) == 0 {
		return rows, nil
	}
	for i := range b.entries {
		e := &b.entries[i].Event
		if of := unread[e.Ledger]; of != nil {
			of.first = min(of.first, e.Seq)
			of.add(e)
		}
	}
	if err := l.readStored(ctx, tx, unread); err != nil {
		return rows, err
	}
	for ledger, of := range unread {
		rows.list = of.take(ledger, of.to/schema.BlockSize, rows.list)
		if of.first <= of.to { // what is left is all that came after the blocks
			b.heads[ledger].tail = of.tail
		}
	}
	rows.again = true
	return rows, nil
}

// blocks are full blocks of a ledger whose events are read out of the database.
type blocks struct {
	*tail
	from, to int64 // events
	first    int64 // of the batch's events; those before it are stored
}

func newBlocks(from, to int64) *blocks { return &blocks{newTail(), from, to, math.MaxInt64} }

func (b *blocks) add(e *event.Event) {
	if e.Seq >= b.from {
		b.tail.add(e)
	}
}

const (
	leavesOfOne  = `SELECT ledger, leaf FROM audit_event WHERE ledger = $1 AND seq >= $2 AND seq < $3`
	leavesOfMany = `SELECT e.ledger, e.leaf FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[]), CAST($3 AS bigint[])) AS wanted (ledger, first, after)
		JOIN audit_event e ON e.ledger = wanted.ledger AND e.seq >= wanted.first AND e.seq < wanted.after`
)

// readStored adds the stored events of the blocks.
func (l *Ledger) readStored(ctx context.Context, tx *sql.Tx, of map[string]*blocks) error {
	var ledgers []string
	var first, after []int64
	for ledger, b := range of {
		if stored := min(b.first, b.to); b.from < stored {
			ledgers, first, after = append(ledgers, ledger), append(first, b.from), append(after, stored)
		}
	}
	if len(ledgers) == 0 {
		return nil
	}
	if l.config.PostgreSQL {
		return addStored(ctx, tx, of, leavesOfMany, ledgers, first, after)
	}
	for i, ledger := range ledgers {
		if err := addStored(ctx, tx, of, leavesOfOne, ledger, first[i], after[i]); err != nil {
			return err
		}
	}
	return nil
}

// addStored adds the events that a query finds. It leaves out an event that cannot be
// read, so that one bad row does not stop the sequencer. Verification finds such a row.
func addStored(ctx context.Context, tx *sql.Tx, to map[string]*blocks, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var ledger string
		var leaf []byte
		if err := rows.Scan(&ledger, &leaf); err != nil {
			return err
		}
		if e, err := event.Parse(leaf); err == nil {
			to[ledger].add(&e)
		}
	}
	return rows.Err()
}

// indexed is index rows to insert.
type indexed struct {
	list []indexRow
	// again says that some may be there already, where the head of a ledger says less
	// than is indexed. To look for each row costs half as much as to insert it. So rows
	// from memory are inserted without a look. If one is there, the batch fails with the
	// memory forgotten, and the next one looks.
	again bool
}

func indexRows(of indexed) insertion {
	slices.SortFunc(of.list, func(a, b indexRow) int { // in the order of storage, so that few pages are written
		return cmp.Or(cmp.Compare(a.ledger, b.ledger), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value), cmp.Compare(a.block, b.block))
	})
	i := insertion{table: "audit_index", rows: len(of.list), columns: []column{
		texts("ledger", of.list, func(p *indexRow) string { return p.ledger }),
		numbers("field", of.list, func(p *indexRow) int64 { return int64(p.Field) }),
		texts("value", of.list, func(p *indexRow) string { return p.Value }),
		numbers("block", of.list, func(p *indexRow) int64 { return p.block }),
		numbers("bits", of.list, func(p *indexRow) int64 { return int64(p.bits) }),
	}}
	if of.again {
		i.conflict = `ON CONFLICT DO NOTHING`
	}
	return i
}

// indexBehind indexes full blocks without index rows, as after a reindex, until none is
// left or something else comes first.
func (l *Ledger) indexBehind(ctx context.Context, first func() bool) error {
	for ctx.Err() == nil && l.Halted() == nil && !first() {
		more, err := l.indexNext(ctx)
		if err != nil {
			return fmt.Errorf("indexing events: %w", err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

// indexNext indexes the next blocks of one ledger, in a batch without events.
func (l *Ledger) indexNext(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundTimeout)
	defer cancel()
	ledgers, err := listLedgers(ctx, l.config.Reader, fmt.Sprintf(`SELECT ledger FROM audit_head WHERE indexed < size / %d LIMIT 1`, schema.BlockSize))
	if err != nil || len(ledgers) == 0 {
		return false, err
	}
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if _, err := l.lock(ctx, tx); err != nil {
		return false, err
	}
	heads, err := l.readHeads(ctx, tx, ledgers)
	if err != nil {
		return false, err
	}
	if err := l.write(ctx, tx, &batch{heads: heads}); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// dropIndex deletes the index rows of a ledger, with the triggers down. The sequencer
// builds them again. Deleting millions of rows takes longer than the timeout of an
// ordinary statement on PostgreSQL.
func (l *Ledger) dropIndex(ctx context.Context, tx *sql.Tx, ledger string) error {
	ctx, cancel := context.WithTimeout(ctx, 24*time.Hour) // says that it may take long
	defer cancel()
	if l.config.PostgreSQL {
		if _, err := tx.ExecContext(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM audit_index WHERE ledger = $1`, ledger); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE audit_head SET indexed = 0 WHERE ledger = $1`, ledger)
	return err
}
