package audit

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/audit/schema"
)

// write writes a batch: its events, the index rows of the blocks that it fills, and the
// heads of its ledgers.
func (l *Ledger) write(ctx context.Context, tx *sql.Tx, b *batch) error {
	rows, err := l.fullBlocks(ctx, tx, b)
	if err != nil {
		return fmt.Errorf("indexing events: %w", err)
	}
	if err := l.insert(ctx, tx, indexRows(rows), headRows(b.heads), eventRows(b.entries)); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	return nil
}

func eventRows(entries []entry) insertion {
	columns := []column{
		texts("ledger", entries, func(e *entry) string { return e.Ledger }),
		numbers("seq", entries, func(e *entry) int64 { return e.Seq }),
		numbers("ts", entries, func(e *entry) int64 { return e.Time.UnixMicro() }),
		numbers("bytes", entries, func(e *entry) int64 { return e.Bytes }),
		blobs("leaf", entries, func(e *entry) []byte { return e.leaf }),
		optional("priv", entries, func(e *entry) string { return orEmpty(e.clear) }),
		blobs("priv_salt", entries, func(e *entry) []byte { return e.salt }),
	}
	for _, c := range schema.Columns {
		text := texts(c.Name, entries, func(e *entry) string { return c.Value(&e.Event) })
		text.optional = c.Optional
		columns = append(columns, text)
	}
	return insertion{table: "audit_event", rows: len(entries), columns: columns}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// namedHead is a head with the name of its ledger.
type namedHead struct {
	ledger string
	*head
}

func headRows(heads map[string]*head) insertion {
	rows := make([]namedHead, 0, len(heads))
	for ledger, h := range heads {
		rows = append(rows, namedHead{ledger, h})
	}
	return insertion{table: "audit_head", rows: len(rows), columns: []column{
		texts("ledger", rows, func(h *namedHead) string { return h.ledger }),
		numbers("size", rows, func(h *namedHead) int64 { return h.size }),
		blobs("compact_range", rows, func(h *namedHead) []byte { return h.compact.bytes() }),
		numbers("last_ts", rows, func(h *namedHead) int64 { return h.last }),
		numbers("indexed", rows, func(h *namedHead) int64 { return h.indexed }),
	}, conflict: `ON CONFLICT (ledger) DO UPDATE SET size = excluded.size, compact_range = excluded.compact_range, last_ts = excluded.last_ts,
		indexed = excluded.indexed`}
}

// oneOf is the condition that the column is one of the texts, with its arguments.
func (l *Ledger) oneOf(column string, texts []string) (condition string, args []any) {
	if l.config.PostgreSQL {
		return column + ` = ANY (CAST($1 AS text[]))`, []any{texts}
	}
	places := make([]string, len(texts))
	for i, text := range texts {
		places[i] = fmt.Sprintf("$%d", i+1)
		args = append(args, text)
	}
	return column + ` IN (` + strings.Join(places, ", ") + `)`, args
}
