package audit

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
)

// derivePage is how many rows one transaction of derive fills.
const derivePage = 512

// derive fills the columns that a row from before migration 10 does not have, from its leaf, and notes which of the old
// accesses have not ended. It can be cut off anywhere: what is left it finds again.
func derive(ctx context.Context, db *sql.DB, postgresql bool) error {
	l := &Ledger{config: Config{PostgreSQL: postgresql}}
	for {
		n, err := l.derivePage(ctx, db)
		if err != nil {
			return fmt.Errorf("deriving columns: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}

func (l *Ledger) derivePage(ctx context.Context, db *sql.DB) (int, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	entries, err := underived(ctx, tx)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	for _, e := range entries {
		_, err := tx.ExecContext(ctx, `UPDATE audit_event SET phase = $1, kind = $2, organisation = NULLIF($3, ''), role = NULLIF($4, ''),
			site = NULLIF($5, ''), country = NULLIF($6, ''), bytes = $7 WHERE ledger = $8 AND seq = $9`, string(e.Phase), string(e.Action.Kind()), e.Organisation,
			e.Role, e.Site, e.Country, e.Bytes, e.Ledger, e.Seq)
		if err != nil {
			return 0, err
		}
	}
	if err := l.writeOpen(ctx, tx, entries); err != nil {
		return 0, err
	}
	return len(entries), tx.Commit()
}

// underived reads rows to fill, in the order of each ledger, so that an access begins before it ends.
func underived(ctx context.Context, tx *sql.Tx) ([]entry, error) {
	rows, err := tx.QueryContext(ctx, `SELECT ledger, seq, leaf FROM audit_event WHERE phase IS NULL ORDER BY ledger, seq LIMIT $1`, derivePage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []entry
	for rows.Next() {
		var ledger string
		var seq int64
		var leaf []byte
		if err := rows.Scan(&ledger, &seq, &leaf); err != nil {
			return nil, err
		}
		e, err := event.Parse(leaf)
		if err != nil || e.Ledger != ledger || e.Seq != seq {
			return nil, fmt.Errorf("%w: event %d of %s", ErrTampered, seq, ledger)
		}
		entries = append(entries, entry{Event: e})
	}
	return entries, rows.Err()
}
