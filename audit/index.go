package audit

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

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

// blocks collects the index rows of the next blocks of a ledger.
type blocks struct {
	ledger   string
	from, to int64 // events
	bits     map[place]uint64
}

type place struct {
	schema.Term
	block int64
}

// next takes the next blocks of a ledger to index, at most most.
func (h *head) next(ledger string, most int64) *blocks {
	n := min(h.unindexed(), most)
	b := &blocks{ledger: ledger, from: h.indexed * schema.BlockSize, to: (h.indexed + n) * schema.BlockSize, bits: map[place]uint64{}}
	h.indexed += n
	return b
}

func (b *blocks) add(e *event.Event) {
	if e.Seq < b.from || e.Seq >= b.to {
		return
	}
	for _, t := range schema.Terms(e) {
		b.bits[place{t, e.Seq / schema.BlockSize}] |= 1 << (e.Seq % schema.BlockSize)
	}
}

// read adds stored events, up to a number. It leaves out an event that cannot be read, so
// that one bad row does not stop the sequencer. Verification finds such a row.
func (b *blocks) read(ctx context.Context, tx *sql.Tx, until int64) error {
	if b.from >= until {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT leaf FROM audit_event WHERE ledger = $1 AND seq >= $2 AND seq < $3`, b.ledger, b.from, until)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return err
		}
		if e, err := event.Parse(leaf); err == nil {
			b.add(&e)
		}
	}
	return rows.Err()
}

func (b *blocks) rows(to []indexRow) []indexRow {
	for p, bits := range b.bits {
		to = append(to, indexRow{b.ledger, p.Term, p.block, bits})
	}
	return to
}

// fullBlocks returns the index rows of the blocks that a batch fills, and of earlier
// blocks without any, at most blocksAtOnce. Later batches do the rest. It reads the
// events of such a block that came before the batch.
func (l *Ledger) fullBlocks(ctx context.Context, tx *sql.Tx, b *batch) ([]indexRow, error) {
	left := int64(blocksAtOnce)
	filled := map[string]*blocks{}
	for ledger, h := range b.heads {
		if n := min(h.unindexed(), left); n > 0 {
			filled[ledger] = h.next(ledger, n)
			left -= n
		}
	}
	if len(filled) == 0 {
		return nil, nil
	}
	first := map[string]int64{}
	for i := range b.entries {
		e := &b.entries[i].Event
		if of := filled[e.Ledger]; of != nil {
			if _, seen := first[e.Ledger]; !seen {
				first[e.Ledger] = e.Seq
			}
			of.add(e)
		}
	}
	var rows []indexRow
	for ledger, of := range filled {
		until := of.to
		if seq, ok := first[ledger]; ok {
			until = min(until, seq)
		}
		if err := of.read(ctx, tx, until); err != nil {
			return nil, err
		}
		rows = of.rows(rows)
	}
	return rows, nil
}

func indexRows(of []indexRow) insertion {
	slices.SortFunc(of, func(a, b indexRow) int { // in the order of storage, so that few pages are written
		return cmp.Or(cmp.Compare(a.ledger, b.ledger), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value), cmp.Compare(a.block, b.block))
	})
	return insertion{table: "audit_index", rows: len(of), conflict: `ON CONFLICT DO NOTHING`, columns: []column{
		texts("ledger", of, func(p *indexRow) string { return p.ledger }),
		numbers("field", of, func(p *indexRow) int64 { return int64(p.Field) }),
		texts("value", of, func(p *indexRow) string { return p.Value }),
		numbers("block", of, func(p *indexRow) int64 { return p.block }),
		numbers("bits", of, func(p *indexRow) int64 { return int64(p.bits) }),
	}}
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
	if err := l.lock(ctx, tx); err != nil {
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
