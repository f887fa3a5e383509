package audit

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
)

// Published is the published size of an epoch of a ledger.
type Published struct {
	Ledger string
	Epoch  int64
	Size   int64
}

// NotePublished stores the published sizes, so that a published ledger that shrank is
// noticed. It never lowers a size.
func (l *Ledger) NotePublished(ctx context.Context, published []Published) error {
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("noting what is published: %w", err)
	}
	defer tx.Rollback()
	err = l.insert(ctx, tx, insertion{table: "audit_published", rows: len(published), columns: []column{
		texts("name", published, func(p *Published) string { return event.LogName(l.firstName(p.Ledger), p.Epoch) }),
		numbers("size", published, func(p *Published) int64 { return p.Size }),
	}, conflict: `ON CONFLICT (name) DO UPDATE SET size = excluded.size WHERE audit_published.size < excluded.size`})
	if err != nil {
		return fmt.Errorf("noting what is published: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("noting what is published: %w", err)
	}
	return nil
}

// PublishedSize is the published size of an epoch of a ledger; 0 when nothing is known to
// be published.
func (l *Ledger) PublishedSize(ctx context.Context, ledger string, epoch int64) (size int64, err error) {
	err = l.config.Reader.QueryRowContext(ctx, `SELECT COALESCE(MAX(size), 0) FROM audit_published WHERE name = $1`,
		event.LogName(l.firstName(ledger), epoch)).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("reading what is published: %w", err)
	}
	return size, nil
}
