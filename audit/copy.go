package audit

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// copyPage is how many rows Copy reads at a time.
const copyPage = 256

// Row is an event as it is stored. The tree is built over Leaf. Columns holds the columns
// that repeat the leaf, so that a verifier can compare them: those of schema.Columns by
// their names, and time (in microseconds) and bytes, in decimal. A NULL column is empty.
type Row struct {
	Seq     int64
	Leaf    []byte
	Opening *event.Opening // the erasable data; nil when the event never had any, or it was erased
	Columns map[string]string
}

// Copy returns all rows of a ledger: see Copier.
func (l *Ledger) Copy(ctx context.Context, ledger string) iter.Seq2[Row, error] {
	return Copier{l.config.Reader}.Copy(ctx, ledger)
}

// Copier reads ledgers out of a database for verification. It needs no key and only
// reads.
type Copier struct{ Database *sql.DB }

// Copy returns all rows of a ledger in order, including rows that come in meanwhile. It
// checks nothing: that is the caller's purpose. Each page is a query of its own, because
// sequenced rows do not change, and one long transaction would keep the database from
// tidying up. The sequence ends at the first error.
func (c Copier) Copy(ctx context.Context, ledger string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		after := int64(-1)
		for {
			page, err := c.page(ctx, ledger, after)
			if err != nil {
				yield(Row{}, fmt.Errorf("copying ledger: %w", err))
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
				after = row.Seq
			}
			if len(page) < copyPage {
				return
			}
		}
	}
}

// Ledgers lists the ledgers of which the database holds an event or a head.
func (c Copier) Ledgers(ctx context.Context) ([]string, error) {
	return listLedgers(ctx, c.Database, `SELECT ledger FROM audit_head UNION SELECT ledger FROM audit_event ORDER BY ledger`)
}

// Rekeys returns the events that replaced a ledger's key, in order, as
// audit_control_event lists them. It leaves out events whose leaf cannot be read, and
// verifies nothing.
func (c Copier) Rekeys(ctx context.Context, ledger string) ([]event.Event, error) {
	rows, err := c.Database.QueryContext(ctx, `SELECT e.leaf FROM audit_control_event m JOIN audit_event e ON e.ledger = m.ledger AND e.seq = m.seq
		WHERE m.ledger = $1 AND m.action = $2 ORDER BY m.seq`, ledger, event.ActionRekey)
	if err != nil {
		return nil, fmt.Errorf("reading a ledger's keys: %w", err)
	}
	defer rows.Close()
	var events []event.Event
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return nil, fmt.Errorf("reading a ledger's keys: %w", err)
		}
		if e, err := event.Parse(leaf); err == nil {
			events = append(events, e)
		}
	}
	return events, rows.Err()
}

// Head returns the size and the root of a ledger as the database stores them; the next
// event is added to these. A caller that reads the head before the rows gets at least the
// rows that the head covers.
func (c Copier) Head(ctx context.Context, ledger string) (size int64, root tlog.Hash, err error) {
	h, err := readHead(ctx, c.Database, ledger)
	if err == nil {
		root, err = h.compact.root()
	}
	if err != nil {
		return 0, root, fmt.Errorf("reading the head of a ledger: %w", err)
	}
	return h.size, root, nil
}

// IndexRow is a row of the bitmap index: see docs/ledger.md.
type IndexRow struct {
	Field int64
	Value string
	Block int64
	Bits  uint64
}

// Indexed is how many blocks of a ledger, from the first on, are indexed.
func (c Copier) Indexed(ctx context.Context, ledger string) (blocks int64, err error) {
	err = c.Database.QueryRowContext(ctx, `SELECT COALESCE(MAX(indexed), 0) FROM audit_head WHERE ledger = $1`, ledger).Scan(&blocks)
	if err != nil {
		return 0, fmt.Errorf("reading how far a ledger is indexed: %w", err)
	}
	return blocks, nil
}

// Index returns all index rows of a ledger. Like Copy, it checks nothing.
func (c Copier) Index(ctx context.Context, ledger string) iter.Seq2[IndexRow, error] {
	return func(yield func(IndexRow, error) bool) {
		var last IndexRow
		for {
			page, err := c.index(ctx, ledger, last)
			if err != nil {
				yield(IndexRow{}, fmt.Errorf("copying the index: %w", err))
				return
			}
			for _, last = range page {
				if !yield(last, nil) {
					return
				}
			}
			if len(page) < indexPage {
				return
			}
		}
	}
}

// indexPage is how many rows Index reads at a time.
const indexPage = 4096

func (c Copier) index(ctx context.Context, ledger string, after IndexRow) ([]IndexRow, error) {
	rows, err := c.Database.QueryContext(ctx, `SELECT field, value, block, bits FROM audit_index
		WHERE ledger = $1 AND (field, value, block) > ($2, $3, $4) ORDER BY field, value, block LIMIT $5`,
		ledger, after.Field, after.Value, after.Block, indexPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	page := make([]IndexRow, 0, indexPage)
	for rows.Next() {
		var p IndexRow
		var stored int64
		if err := rows.Scan(&p.Field, &p.Value, &p.Block, &stored); err != nil {
			return nil, err
		}
		p.Bits = uint64(stored)
		page = append(page, p)
	}
	return page, rows.Err()
}

func (c Copier) page(ctx context.Context, ledger string, after int64) ([]Row, error) {
	rows, err := c.Database.QueryContext(ctx, `SELECT seq, ts, bytes, leaf, priv, priv_salt`+textColumns()+`
		FROM audit_event WHERE ledger = $1 AND seq > $2 ORDER BY seq LIMIT $3`, ledger, after, copyPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []Row
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, row)
	}
	return page, rows.Err()
}

// textColumns is the list of the columns that scanRow reads after the fixed ones.
func textColumns() string {
	var list strings.Builder
	for _, c := range schema.Columns {
		list.WriteString(`, COALESCE(` + c.Name + `, '')`)
	}
	return list.String()
}

func scanRow(rows *sql.Rows) (Row, error) {
	var row Row
	var micros, moved int64
	var clear sql.NullString
	var salt []byte
	texts := make([]string, len(schema.Columns))
	into := []any{&row.Seq, &micros, &moved, &row.Leaf, &clear, &salt}
	for i := range texts {
		into = append(into, &texts[i])
	}
	err := rows.Scan(into...)
	if clear.Valid {
		row.Opening = &event.Opening{Clear: clear.String, Salt: salt}
	}
	row.Columns = map[string]string{"time": strconv.FormatInt(micros, 10), "bytes": strconv.FormatInt(moved, 10)}
	for i, c := range schema.Columns {
		row.Columns[c.Name] = texts[i]
	}
	return row, err
}
