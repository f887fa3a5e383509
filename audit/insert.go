package audit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Each engine has its own fast way to take many rows. PostgreSQL takes them in one
// statement from arrays, because each statement is a trip to the server. SQLite takes
// them one by one through a prepared statement: there is no trip, and a long statement
// would have to be compiled for each number of rows.

// insertion is rows to insert into a table, or to change in it.
type insertion struct {
	table    string
	rows     int
	columns  []column
	conflict string // the clause after the rows, as in ON CONFLICT

	// change is the statement for rows to change: on SQLite that of one row, on
	// PostgreSQL that of all rows, with %s in the place of its FROM.
	change string
}

// column is one column of the rows.
type column struct {
	name, kind string
	values
	optional bool // an empty text is NULL
}

// values are those of one column.
type values interface {
	at(i int) any
	array() any
}

type list[T any] []T

func (v list[T]) at(i int) any { return v[i] }
func (v list[T]) array() any   { return []T(v) }

func texts[R any](name string, rows []R, value func(*R) string) column {
	return column{name: name, kind: "text", values: list[string](each(rows, value))}
}

// optional are texts that may not apply.
func optional[R any](name string, rows []R, value func(*R) string) column {
	c := texts(name, rows, value)
	c.optional = true
	return c
}

func numbers[R any](name string, rows []R, value func(*R) int64) column {
	return column{name: name, kind: "bigint", values: list[int64](each(rows, value))}
}

func blobs[R any](name string, rows []R, value func(*R) []byte) column {
	return column{name: name, kind: "bytea", values: list[[]byte](each(rows, value))}
}

func each[R, T any](rows []R, value func(*R) T) []T {
	all := make([]T, len(rows))
	for i := range rows {
		all[i] = value(&rows[i])
	}
	return all
}

// insert inserts rows into different tables.
func (l *Ledger) insert(ctx context.Context, tx *sql.Tx, into ...insertion) error {
	_, err := l.insertCounting(ctx, tx, into...)
	return err
}

// insertCounting is insert that returns how many rows the last insertion inserted or
// changed.
func (l *Ledger) insertCounting(ctx context.Context, tx *sql.Tx, into ...insertion) (changed int64, err error) {
	into = slices.DeleteFunc(into, func(i insertion) bool { return i.rows == 0 })
	if l.config.PostgreSQL {
		return insertAtOnce(ctx, tx, into)
	}
	for _, i := range into {
		if changed, err = i.oneByOne(ctx, tx); err != nil {
			return 0, fmt.Errorf("%s: %w", i.table, err)
		}
	}
	return changed, nil
}

// insertAtOnce inserts everything with one statement.
func insertAtOnce(ctx context.Context, tx *sql.Tx, into []insertion) (changed int64, err error) {
	if len(into) == 0 {
		return 0, nil
	}
	var inserts []string
	var args []any
	for _, i := range into {
		arrays := make([]string, len(i.columns))
		for c, column := range i.columns {
			args = append(args, column.array())
			arrays[c] = fmt.Sprintf("CAST($%d AS %s[])", len(args), column.kind)
		}
		given := ` FROM unnest(` + strings.Join(arrays, ", ") + `) AS given (` + i.names() + `) `
		if i.change != "" {
			inserts = append(inserts, fmt.Sprintf(i.change, given))
			continue
		}
		inserts = append(inserts, i.into()+` SELECT `+i.list(func(_ int, name string) string { return name })+given+i.conflict)
	}
	last := len(inserts) - 1
	for n := range inserts[:last] {
		inserts[n] = fmt.Sprintf(`%s inserted%d AS (%s)`, [...]string{`WITH`, `,`}[min(n, 1)], n, inserts[n])
	}
	done, err := tx.ExecContext(ctx, strings.Join(inserts, " "), args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// oneByOne inserts or changes the rows one by one.
func (i insertion) oneByOne(ctx context.Context, tx *sql.Tx) (changed int64, err error) {
	statement := i.change
	if statement == "" {
		statement = i.into() + ` VALUES (` + i.list(func(n int, _ string) string { return fmt.Sprintf("$%d", n+1) }) + `) ` + i.conflict
	}
	return eachRow(ctx, tx, statement, i.rows, each(i.columns, func(c *column) values { return c.values })...)
}

// eachRow executes a statement for each of n rows, and returns how many rows it changed.
func eachRow(ctx context.Context, tx *sql.Tx, statement string, n int, columns ...values) (changed int64, err error) {
	prepared, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return 0, err
	}
	defer prepared.Close()
	args := make([]any, len(columns))
	for row := range n {
		for c, column := range columns {
			args[c] = column.at(row)
		}
		done, err := prepared.ExecContext(ctx, args...)
		if err != nil {
			return 0, err
		}
		one, err := done.RowsAffected()
		if err != nil {
			return 0, err
		}
		changed += one
	}
	return changed, nil
}

// change executes a statement for n rows: on PostgreSQL one that takes arrays, else one
// for each row.
func (l *Ledger) change(ctx context.Context, tx *sql.Tx, atOnce, one string, n int, columns ...values) error {
	if !l.config.PostgreSQL {
		_, err := eachRow(ctx, tx, one, n, columns...)
		return err
	}
	_, err := tx.ExecContext(ctx, atOnce, each(columns, func(v *values) any { return (*v).array() })...)
	return err
}

func (i insertion) into() string { return `INSERT INTO ` + i.table + ` (` + i.names() + `)` }

func (i insertion) names() string {
	return strings.Join(each(i.columns, func(c *column) string { return c.name }), ", ")
}

// list is the list of values to insert; refer names the value of the n-th column.
func (i insertion) list(refer func(n int, name string) string) string {
	all := make([]string, len(i.columns))
	for n, c := range i.columns {
		all[n] = refer(n, c.name)
		if c.optional {
			all[n] = `NULLIF(` + all[n] + `, '')`
		}
	}
	return strings.Join(all, ", ")
}
