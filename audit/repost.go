package audit

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/bordereau/bordereau/audit/event"
)

// Reposted is what Repost did.
type Reposted struct {
	Ledger string `json:"ledger"`
	Events int64  `json:"events"`
	Blocks int64  `json:"blocks"` // of events that have postings now
}

// Repost makes the postings of a ledger again from its leaves: the way on for whoever finds that they say something else. It
// stages an event that says so in the operator's ledger, in the same transaction. The ledgers may be halted; then they stay
// so, and the event waits. Columns are left as they are.
//
// ErrTampered where the leaves are not those that the head is over. Then it is not the postings that are wrong, or not they
// alone, and nothing is changed.
func (l *Ledger) Repost(ctx context.Context, ledger string, e event.Event) (Reposted, error) {
	done, err := l.repost(ctx, ledger, e)
	if err != nil {
		return Reposted{}, fmt.Errorf("posting the events of %s again: %w", ledger, err)
	}
	return done, nil
}

func (l *Ledger) repost(ctx context.Context, ledger string, e event.Event) (Reposted, error) {
	row, _, err := l.draft(event.Operator, e)
	if err != nil {
		return Reposted{}, err
	}
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return Reposted{}, err
	}
	defer tx.Rollback()
	if err := lockOnce(ctx, tx); err != nil {
		return Reposted{}, err
	}
	h, err := readHead(ctx, tx, ledger)
	if err != nil {
		return Reposted{}, err
	}
	if h.size == 0 {
		return Reposted{}, fmt.Errorf("%w: ledger", ErrAbsent)
	}
	if err := checkLeaves(ctx, tx, ledger, &h); err != nil {
		return Reposted{}, err
	}
	err = unguarded(ctx, tx, l.config.PostgreSQL, func() error { return l.postAgain(ctx, tx, ledger, &h) })
	if err != nil {
		return Reposted{}, err
	}
	if err := l.insert(ctx, tx, headRows(map[string]*head{ledger: &h})); err != nil {
		return Reposted{}, err
	}
	if _, err := tx.ExecContext(ctx, l.stageStatement(), row.ledger, row.body, row.clear, row.salt); err != nil {
		return Reposted{}, err
	}
	return Reposted{Ledger: ledger, Events: h.size, Blocks: h.posted}, tx.Commit()
}

// checkLeaves says whether the leaves of a ledger are those that its head is over, and no others.
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
	if seen.size != h.size || !bytes.Equal(seen.frontier.bytes(), h.frontier.bytes()) {
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
		if _, err := checked(ledger, seq, leaf, sql.NullString{}, nil); err != nil {
			return 0, err
		}
		if seq != h.size {
			return 0, fmt.Errorf("%w: event %d of %s is missing", ErrTampered, h.size, ledger)
		}
		h.frontier = h.frontier.add(h.size, leaf)
		h.size++
	}
	return n, rows.Err()
}
