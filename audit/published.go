package audit

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
)

// Published is how far an epoch of a ledger was published.
type Published struct {
	Ledger string
	Epoch  int64
	Size   int64
}

const notePublished = `INSERT INTO audit_published (name, size) SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[]))
	ON CONFLICT (name) DO UPDATE SET size = excluded.size WHERE audit_published.size < excluded.size`

const noteOnePublished = `INSERT INTO audit_published (name, size) VALUES ($1, $2)
	ON CONFLICT (name) DO UPDATE SET size = excluded.size WHERE audit_published.size < excluded.size`

// NotePublished notes what was published, so that it is noticed when that goes back. It never notes less than before.
func (l *Ledger) NotePublished(ctx context.Context, published []Published) error {
	var names values[string]
	var sizes values[int64]
	for _, p := range published {
		names, sizes = append(names, event.LogName(l.firstName(p.Ledger), p.Epoch)), append(sizes, p.Size)
	}
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("noting what is published: %w", err)
	}
	defer tx.Rollback()
	if err := l.writeRows(ctx, tx, notePublished, noteOnePublished, len(published), names, sizes); err != nil {
		return fmt.Errorf("noting what is published: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("noting what is published: %w", err)
	}
	return nil
}

// PublishedSize is how far an epoch of a ledger was published; 0 when nothing of it is known to be.
func (l *Ledger) PublishedSize(ctx context.Context, ledger string, epoch int64) (size int64, err error) {
	err = l.config.Reader.QueryRowContext(ctx, `SELECT COALESCE(MAX(size), 0) FROM audit_published WHERE name = $1`,
		event.LogName(l.firstName(ledger), epoch)).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("reading what is published: %w", err)
	}
	return size, nil
}
