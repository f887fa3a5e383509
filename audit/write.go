package audit

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// write writes a batch: its events, the postings of the blocks that it fills, and where its ledgers end.
func (l *Ledger) write(ctx context.Context, tx *sql.Tx, b *batch) error {
	if err := l.insert(ctx, tx, postingRows(b.postings), headRows(b.heads), eventRows(b.entries)); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	return nil
}

func eventRows(entries []entry) insertion {
	return insertion{table: "audit_event", rows: len(entries), columns: []column{
		texts("ledger", entries, func(e *entry) string { return e.Ledger }),
		numbers("seq", entries, func(e *entry) int64 { return e.Seq }),
		numbers("ts", entries, func(e *entry) int64 { return e.Time.UnixMicro() }),
		texts("event", entries, func(e *entry) string { return e.ID }),
		texts("action", entries, func(e *entry) string { return string(e.Action) }),
		texts("outcome", entries, func(e *entry) string { return string(e.Outcome) }),
		optional("reason", entries, func(e *entry) string { return e.Reason }),
		optional("actor", entries, func(e *entry) string { return e.Actor }),
		optional("contract", entries, func(e *entry) string { return e.Contract }),
		optional("provider", entries, func(e *entry) string { return e.Provider }),
		optional("batch", entries, func(e *entry) string { return e.Batch }),
		optional("document", entries, func(e *entry) string { return e.Document }),
		blobs("leaf", entries, func(e *entry) []byte { return e.leaf }),
		optional("priv", entries, func(e *entry) string { return orEmpty(e.clear) }),
		blobs("priv_salt", entries, func(e *entry) []byte { return e.salt }),
		texts("phase", entries, func(e *entry) string { return string(e.Phase) }),
		texts("kind", entries, func(e *entry) string { return string(e.Action.Kind()) }),
		optional("organisation", entries, func(e *entry) string { return e.Organisation }),
		optional("role", entries, func(e *entry) string { return e.Role }),
		optional("site", entries, func(e *entry) string { return e.Site }),
		optional("country", entries, func(e *entry) string { return e.Country }),
		numbers("bytes", entries, func(e *entry) int64 { return e.Bytes }),
	}}
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
		blobs("frontier", rows, func(h *namedHead) []byte { return h.frontier.bytes() }),
		numbers("last_ts", rows, func(h *namedHead) int64 { return h.last }),
		numbers("posted", rows, func(h *namedHead) int64 { return h.posted }),
	}, conflict: `ON CONFLICT (ledger) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, last_ts = excluded.last_ts,
		posted = excluded.posted`}
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
