package ask

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// MaxPage is the largest number of events that one Query returns.
const MaxPage = 500

const defaultPage = 50

// Query asks for events of one ledger. Filters lists its filters.
type Query = schema.Query

// Filter is a filter of a question: a column, and where a Query has its value.
type Filter = schema.Column

// Filters lists the filters of a question.
func Filters() []Filter { return schema.Filters() }

// Query returns a page of events, each with its erasable data unless that was erased, and
// the cursor of the next page, which is empty when there is none. It fails with
// schema.ErrTampered at an event whose row contradicts its leaf. Only package
// audit/verify checks the leaves against the tree.
func (a *Asker) Query(ctx context.Context, q Query) (events []event.Event, next string, err error) {
	s, err := a.search(ctx, q)
	if err != nil {
		return nil, "", err
	}
	return a.page(ctx, q, s)
}

// page is a page of the events that the search finds.
func (a *Asker) page(ctx context.Context, q Query, s *search) (events []event.Event, next string, err error) {
	limit := limitOf(q)
	events, err = a.newest(ctx, s, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("querying ledger: %w", err)
	}
	if len(events) > limit { // the one too many shows that there is another page
		events = events[:limit]
		next = strconv.FormatInt(events[limit-1].Seq, 10)
	}
	return events, next, nil
}

func limitOf(q Query) int {
	if q.Limit == 0 {
		return defaultPage
	}
	return q.Limit
}

// MaxCount is the number at which Count stops.
const MaxCount = 100_000

// Count counts the events that the filters find, and ignores the cursor and the limit.
// When there are more than MaxCount, more is true.
func (a *Asker) Count(ctx context.Context, q Query) (n int64, more bool, err error) {
	q.Cursor, q.Limit = "", 0
	s, err := a.search(ctx, q)
	if err != nil {
		return 0, false, err
	}
	n, err = a.count(ctx, a.db, s, MaxCount+1)
	if err != nil {
		return 0, false, fmt.Errorf("counting events: %w", err)
	}
	return min(n, MaxCount), n > MaxCount, nil
}

// conditions are joined with AND. Arguments are numbered in the order of their first use,
// as every driver takes them.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) String() string { return strings.Join(c.terms, ` AND `) }

func (c *conditions) add(parts ...string) { c.terms = append(c.terms, strings.Join(parts, "")) }

func (c *conditions) bind(value any) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args))
}

// amongNumbers adds the condition that the column is one of the numbers. SQLite takes no
// array, so it gets them as JSON.
func (c *conditions) amongNumbers(postgresql bool, column string, numbers []int64) {
	if postgresql {
		c.add(column, ` = ANY (CAST(`, c.bind(numbers), ` AS bigint[]))`)
		return
	}
	list, _ := json.Marshal(numbers) // numbers always encode
	c.add(column, ` IN (SELECT value FROM json_each(`, c.bind(string(list)), `))`)
}

// firstSince is the number of the first event at or after t, or the number after the last
// event. t is rounded up to the microseconds that are stored, so that both bounds are
// exact.
//
// Numbers have no gaps and times never fall, so a binary search over some twenty rows
// finds it. An index by time would make every append write one more page.
func (c *conditions) firstSince(ledger string, t time.Time) string {
	l, micros := c.bind(ledger), c.bind(t.Add(time.Microsecond-1).UnixMicro())
	return `(WITH RECURSIVE bounds (low, high) AS (
			SELECT (SELECT MIN(seq) FROM audit_event WHERE ledger = ` + l + `), (SELECT MAX(seq) + 1 FROM audit_event WHERE ledger = ` + l + `)
			UNION ALL
			SELECT CASE WHEN e.ts < ` + micros + ` THEN e.seq + 1 ELSE low END, CASE WHEN e.ts < ` + micros + ` THEN high ELSE e.seq END
			FROM bounds JOIN audit_event e ON e.ledger = ` + l + ` AND e.seq = (low + high) / 2 WHERE low < high)
		SELECT MAX(low) FROM bounds)`
}

// scanEvent reads an event and checks the row against its leaf.
func scanEvent(rows *sql.Rows, ledger string) (event.Event, error) {
	var seq int64
	var leaf, salt []byte
	var clear sql.NullString
	if err := rows.Scan(&seq, &leaf, &clear, &salt); err != nil {
		return event.Event{}, err
	}
	return schema.Checked(ledger, seq, leaf, clear, salt)
}
