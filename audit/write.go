package audit

import (
	"context"
	"database/sql"
	"errors"
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
	read, remembered := b.split()
	changed, err := l.insertCounting(ctx, tx, indexRows(rows), eventRows(b.entries), headRows(read), l.movedHeads(remembered))
	if len(remembered) > 0 && (err != nil || changed != int64(len(remembered))) {
		// Another event may have the place, or another row of the index.
		err = errors.Join(errMoved, err)
	}
	if err != nil {
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

// split returns the heads that were read or begin in this batch, and those that were
// remembered.
func (b *batch) split() (read, remembered []namedHead) {
	for ledger, h := range b.heads {
		if h.current {
			remembered = append(remembered, namedHead{ledger, h})
		} else {
			read = append(read, namedHead{ledger, h})
		}
	}
	return read, remembered
}

func headColumns(heads []namedHead) []column {
	return []column{
		texts("ledger", heads, func(h *namedHead) string { return h.ledger }),
		numbers("size", heads, func(h *namedHead) int64 { return h.size }),
		blobs("compact_range", heads, func(h *namedHead) []byte { return h.compact.bytes() }),
		numbers("last_ts", heads, func(h *namedHead) int64 { return h.last }),
		numbers("indexed", heads, func(h *namedHead) int64 { return h.indexed }),
	}
}

func headRows(heads []namedHead) insertion {
	return insertion{table: "audit_head", rows: len(heads), columns: headColumns(heads),
		conflict: `ON CONFLICT (ledger) DO UPDATE SET size = excluded.size, compact_range = excluded.compact_range, last_ts = excluded.last_ts,
		indexed = excluded.indexed`}
}

const (
	moveHeads = `UPDATE audit_head AS h SET size = given.size, compact_range = given.compact_range, last_ts = given.last_ts, indexed = given.indexed%s
		WHERE h.ledger = given.ledger AND h.size = given.was_size AND h.compact_range = given.was_compact_range AND h.indexed = given.was_indexed`
	moveHead = `UPDATE audit_head SET size = $2, compact_range = $3, last_ts = $4, indexed = $5
		WHERE ledger = $1 AND size = $6 AND compact_range = $7 AND indexed = $8`
)

// movedHeads writes heads over those that the batch began with. It changes fewer rows
// when the database has another head.
func (l *Ledger) movedHeads(heads []namedHead) insertion {
	statement := moveHead
	if l.config.PostgreSQL {
		statement = moveHeads
	}
	return insertion{table: "audit_head", rows: len(heads), change: statement, columns: append(headColumns(heads),
		numbers("was_size", heads, func(h *namedHead) int64 { return h.origin.size }),
		blobs("was_compact_range", heads, func(h *namedHead) []byte { return h.origin.compact }),
		numbers("was_indexed", heads, func(h *namedHead) int64 { return h.origin.indexed }))}
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
