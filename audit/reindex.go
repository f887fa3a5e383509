package audit

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// Reindexed is the result of Reindex.
type Reindexed struct {
	Ledger string `json:"ledger"`
	Events int64  `json:"events"`
	Blocks int64  `json:"blocks"` // full blocks, which the sequencer indexes again
}

// Reindex drops the index of a ledger when an operator found that it disagrees with the
// events. The sequencer builds it again from the leaves. The same transaction records the
// event in the operator's ledger. The ledgers may be halted: they stay so, and the
// sequencer builds the index after Resume. Columns stay as they are.
//
// It fails with ErrTampered, and changes nothing, when the leaves are not those that the
// head covers: then not only the index is wrong.
func (l *Ledger) Reindex(ctx context.Context, ledger string, e event.Event) (Reindexed, error) {
	done, err := l.reindex(ctx, ledger, e)
	if err != nil {
		return Reindexed{}, fmt.Errorf("indexing the events of %s again: %w", ledger, err)
	}
	return done, nil
}

func (l *Ledger) reindex(ctx context.Context, ledger string, e event.Event) (Reindexed, error) {
	row, _, err := l.draft(event.Operator, e)
	if err != nil {
		return Reindexed{}, err
	}
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return Reindexed{}, err
	}
	defer tx.Rollback()
	if err := lockOnce(ctx, tx); err != nil {
		return Reindexed{}, err
	}
	h, err := readHead(ctx, tx, ledger)
	if err != nil {
		return Reindexed{}, err
	}
	if h.size == 0 {
		return Reindexed{}, fmt.Errorf("%w: ledger", ErrAbsent)
	}
	if err := checkLeaves(ctx, tx, ledger, &h); err != nil {
		return Reindexed{}, err
	}
	if err := withTriggersDown(ctx, tx, l.config.PostgreSQL, func() error { return l.dropIndex(ctx, tx, ledger) }); err != nil {
		return Reindexed{}, err
	}
	if _, err := tx.ExecContext(ctx, l.outboxStatement(), row.ledger, row.body, row.clear, row.salt); err != nil {
		return Reindexed{}, err
	}
	return Reindexed{Ledger: ledger, Events: h.size, Blocks: h.size / schema.BlockSize}, tx.Commit()
}

// checkLeaves fails unless the leaves of a ledger are exactly those that its head covers.
func checkLeaves(ctx context.Context, tx *sql.Tx, ledger string, h *head) error {
	var seen head
	from := int64(math.MinInt64) // also reads rows with an impossible number
	for {
		n, err := seen.takeLeaves(ctx, tx, ledger, from)
		if err != nil {
			return err
		}
		if n < copyPage {
			break
		}
		from = seen.size
	}
	if seen.size != h.size || !bytes.Equal(seen.compact.bytes(), h.compact.bytes()) {
		return fmt.Errorf("%w: the head of %d events is not over the %d that are stored", ErrTampered, h.size, seen.size)
	}
	return nil
}

// takeLeaves adds the next stored leaves, from a number on, and returns how many there
// were.
func (h *head) takeLeaves(ctx context.Context, tx *sql.Tx, ledger string, from int64) (n int, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT seq, leaf FROM audit_event WHERE ledger = $1 AND seq >= $2 ORDER BY seq LIMIT $3`,
		ledger, from, copyPage)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		var seq int64
		var leaf []byte
		if err := rows.Scan(&seq, &leaf); err != nil {
			return 0, err
		}
		if _, err := schema.Checked(ledger, seq, leaf, sql.NullString{}, nil); err != nil {
			return 0, err
		}
		if seq != h.size {
			return 0, fmt.Errorf("%w: event %d of %s is missing", ErrTampered, h.size, ledger)
		}
		h.compact = h.compact.add(h.size, leaf)
		h.size++
	}
	return n, rows.Err()
}
