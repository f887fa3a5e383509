package audit

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
)

// NotePublished notes that an epoch of a ledger was published up to a size, so that it is noticed when what is published
// goes back. It never notes less than before.
func (l *Ledger) NotePublished(ctx context.Context, ledger string, epoch, size int64) error {
	_, err := l.config.Writer.ExecContext(ctx, `INSERT INTO audit_published (name, size) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET size = excluded.size WHERE audit_published.size < excluded.size`,
		event.LogName(l.firstName(ledger), epoch), size)
	if err != nil {
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
