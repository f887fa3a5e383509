package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// The two engines take many rows at once in two ways, and the difference is worth a factor: PostgreSQL in one statement
// from arrays, because each statement is a trip to the server; SQLite one by one through a prepared statement, because
// there is no trip and a long statement would have to be compiled for each number of rows.

const eventColumns = `ledger, seq, ts, event, action, outcome, reason, actor, contract, provider, batch, document, leaf, priv, priv_salt,
	phase, kind, organisation, role, site, country, bytes`

const insertEvents = `INSERT INTO audit_event (` + eventColumns + `)
	SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[]), CAST($3 AS bigint[]), CAST($4 AS text[]), CAST($5 AS text[]),
		CAST($6 AS text[]), CAST($7 AS text[]), CAST($8 AS text[]), CAST($9 AS text[]), CAST($10 AS text[]), CAST($11 AS text[]),
		CAST($12 AS text[]), CAST($13 AS bytea[]), CAST($14 AS text[]), CAST($15 AS bytea[]),
		CAST($16 AS text[]), CAST($17 AS text[]), CAST($18 AS text[]), CAST($19 AS text[]), CAST($20 AS text[]), CAST($21 AS text[]),
		CAST($22 AS bigint[]))`

const insertEvent = `INSERT INTO audit_event (` + eventColumns + `)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`

const writeHeads = `INSERT INTO audit_head (ledger, size, frontier, last_ts, posted)
	SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[]), CAST($3 AS bytea[]), CAST($4 AS bigint[]), CAST($5 AS bigint[]))` + replaceHead

const writeHead = `INSERT INTO audit_head (ledger, size, frontier, last_ts, posted) VALUES ($1, $2, $3, $4, $5)` + replaceHead

const replaceHead = `
	ON CONFLICT (ledger) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, last_ts = excluded.last_ts, posted = excluded.posted`

// column is one column of the rows to write.
type column interface {
	at(i int) any
	array() any
}

type values[T any] []T

func (v values[T]) at(i int) any { return v[i] }
func (v values[T]) array() any   { return []T(v) }

// writeRows writes n rows: with many, which takes arrays, on PostgreSQL, else with one for each row.
func (l *Ledger) writeRows(ctx context.Context, tx *sql.Tx, many, one string, n int, columns ...column) error {
	args := make([]any, len(columns))
	if l.config.PostgreSQL {
		for c, column := range columns {
			args[c] = column.array()
		}
		_, err := tx.ExecContext(ctx, many, args...)
		return err
	}
	statement, err := tx.PrepareContext(ctx, one)
	if err != nil {
		return err
	}
	defer statement.Close()
	for i := range n {
		for c, column := range columns {
			args[c] = column.at(i)
		}
		if _, err := statement.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// write writes a batch: its events, the postings of the blocks that it fills, and where its ledgers end.
func (l *Ledger) write(ctx context.Context, tx *sql.Tx, b *batch) error {
	if err := l.insertEntries(ctx, tx, b.entries); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	if err := l.insertPostings(ctx, tx, b.postings); err != nil {
		return fmt.Errorf("posting events: %w", err)
	}
	if err := l.writeHeads(ctx, tx, b.heads); err != nil {
		return fmt.Errorf("writing heads: %w", err)
	}
	return nil
}

func (l *Ledger) insertEntries(ctx context.Context, tx *sql.Tx, entries []entry) error {
	return l.writeRows(ctx, tx, insertEvents, insertEvent, len(entries),
		each(entries, func(e *entry) string { return e.Ledger }),
		each(entries, func(e *entry) int64 { return e.Seq }),
		each(entries, func(e *entry) int64 { return e.Time.UnixMicro() }),
		each(entries, func(e *entry) string { return e.ID }),
		each(entries, func(e *entry) string { return string(e.Action) }),
		each(entries, func(e *entry) string { return string(e.Outcome) }),
		each(entries, func(e *entry) *string { return optional(e.Reason) }),
		each(entries, func(e *entry) *string { return optional(e.Actor) }),
		each(entries, func(e *entry) *string { return optional(e.Contract) }),
		each(entries, func(e *entry) *string { return optional(e.Provider) }),
		each(entries, func(e *entry) *string { return optional(e.Batch) }),
		each(entries, func(e *entry) *string { return optional(e.Document) }),
		each(entries, func(e *entry) []byte { return e.leaf }),
		each(entries, func(e *entry) *string { return e.clear }),
		each(entries, func(e *entry) []byte { return e.salt }),
		each(entries, func(e *entry) string { return string(e.Phase) }),
		each(entries, func(e *entry) string { return string(e.Action.Kind()) }),
		each(entries, func(e *entry) *string { return optional(e.Organisation) }),
		each(entries, func(e *entry) *string { return optional(e.Role) }),
		each(entries, func(e *entry) *string { return optional(e.Site) }),
		each(entries, func(e *entry) *string { return optional(e.Country) }),
		each(entries, func(e *entry) int64 { return e.Bytes }),
	)
}

func (l *Ledger) writeHeads(ctx context.Context, tx *sql.Tx, heads map[string]*head) error {
	var ledgers values[string]
	var sizes, lasts, posted values[int64]
	var frontiers values[[]byte]
	for ledger, h := range heads {
		ledgers, sizes = append(ledgers, ledger), append(sizes, h.size)
		frontiers, lasts = append(frontiers, h.frontier.bytes()), append(lasts, h.last)
		posted = append(posted, h.posted)
	}
	return l.writeRows(ctx, tx, writeHeads, writeHead, len(ledgers), ledgers, sizes, frontiers, lasts, posted)
}

func each[R, T any](rows []R, field func(*R) T) values[T] {
	column := make(values[T], len(rows))
	for i := range rows {
		column[i] = field(&rows[i])
	}
	return column
}

// optional is NULL for a text that does not apply: such rows are not in that column's index.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// amongNumbers is the condition that the column is one of the numbers, however many, with its argument. SQLite takes no list.
func (c *conditions) amongNumbers(postgresql bool, column string, numbers []int64) {
	if postgresql {
		c.add(column, ` = ANY (CAST(`, c.bind(numbers), ` AS bigint[]))`)
		return
	}
	list, _ := json.Marshal(numbers) // of numbers it cannot fail
	c.add(column, ` IN (SELECT value FROM json_each(`, c.bind(string(list)), `))`)
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
