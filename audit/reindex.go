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

// Reindexed is what Reindex did.
type Reindexed struct {
	Ledger string `json:"ledger"`
	Events int64  `json:"events"`
	Blocks int64  `json:"blocks"` // of events that are indexed again
}

// Reindex drops the index of a ledger, for an operator who found that it says something
// else than the events; the sequencer builds it again from the leaves. The event that
// says so goes into the operator's ledger, in the same transaction. The ledgers may be
// halted: they stay so, and the rest waits for their resumption. Columns are left as they
// are.
//
// ErrTampered where the leaves are not those that the head is over. Then it is not the
// index that is wrong, or not it alone, and nothing is changed.
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

// checkLeaves says whether the leaves of a ledger are those that its head is over, and no
// others.
func checkLeaves(ctx context.Context, tx *sql.Tx, ledger string, h *head) error {
	var seen head
	from := int64(math.MinInt64) // a number that no event has is found too
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

// takeLeaves adds the next stored leaves from a number on, and says how many.
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
