package ask

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/schema"

	"github.com/bordereau/bordereau/audit/event"
)

// MaxPage is the most events that one Query returns.
const MaxPage = 500

const defaultPage = 50

// Query asks for events of one ledger, the newest first. Every filter that is set must
// hold.
type Query struct {
	Ledger string // which ledger; must be set

	Actor, Contract, Provider, Batch, Document string

	Organisation string // of the actor
	Role         string // in which the actor did it
	Site         string // from where, as the contract names it
	Country      string // of that site

	Action  event.Action
	Kind    event.Kind // of the action
	Phase   event.Phase
	Outcome event.Outcome
	Reason  string

	From time.Time // not before; by the time of sequencing
	To   time.Time // before

	Cursor string // where the page before ended, as Query returned it; empty: the newest
	Limit  int    // at most MaxPage; 0: 50
}

// filters are the columns that a query can ask for, each with what it asks. Every column
// of the index is among them: a test holds that.
var filters = []struct {
	column string
	asked  func(*Query) string
}{
	{"document", func(q *Query) string { return q.Document }},
	{"batch", func(q *Query) string { return q.Batch }},
	{"actor", func(q *Query) string { return q.Actor }},
	{"contract", func(q *Query) string { return q.Contract }},
	{"organisation", func(q *Query) string { return q.Organisation }},
	{"provider", func(q *Query) string { return q.Provider }},
	{"site", func(q *Query) string { return q.Site }},
	{"country", func(q *Query) string { return q.Country }},
	{"role", func(q *Query) string { return q.Role }},
	{"action", func(q *Query) string { return string(q.Action) }},
	{"kind", func(q *Query) string { return string(q.Kind) }},
	{"phase", func(q *Query) string { return string(q.Phase) }},
	{"outcome", func(q *Query) string { return string(q.Outcome) }},
	{"reason", func(q *Query) string { return q.Reason }},
}

// Query returns a page of events, each with its erasable data where that is not erased,
// and the cursor of the next page, which is empty when there is none. An event whose leaf
// or erasable data is not what it was when it was sequenced ends the query with
// schema.ErrTampered, as far as that shows without the tree: see package audit/verify for
// the rest.
func (a *Asker) Query(ctx context.Context, q Query) (events []event.Event, next string, err error) {
	s, err := a.search(ctx, q)
	if err != nil {
		return nil, "", err
	}
	return a.page(ctx, q, s)
}

// page is a page of what the search finds.
func (a *Asker) page(ctx context.Context, q Query, s *search) (events []event.Event, next string, err error) {
	limit := q.limit()
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

func (q Query) limit() int {
	if q.Limit == 0 {
		return defaultPage
	}
	return q.Limit
}

// MaxCount is as far as Count counts.
const MaxCount = 100_000

// Count counts the events that the filters find, whatever the cursor and the limit. When
// there are more than MaxCount it says so and counts no further.
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
// which every driver agrees on.
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

// amongNumbers is the condition that the column is one of the numbers, however many, with
// its argument. SQLite takes no list.
func (c *conditions) amongNumbers(postgresql bool, column string, numbers []int64) {
	if postgresql {
		c.add(column, ` = ANY (CAST(`, c.bind(numbers), ` AS bigint[]))`)
		return
	}
	list, _ := json.Marshal(numbers) // of numbers it cannot fail
	c.add(column, ` IN (SELECT value FROM json_each(`, c.bind(string(list)), `))`)
}

// firstSince is the number of the first event at or after t, or of the one that comes
// next when there is none. t is rounded up to the microseconds that are stored, so that
// both bounds mean what they say.
//
// Numbers have no gaps and times never fall, so it is found by a binary search, in a look
// at some twenty rows; an index by time would make every append write one more page.
func (c *conditions) firstSince(ledger string, t time.Time) string {
	l, micros := c.bind(ledger), c.bind(t.Add(time.Microsecond-1).UnixMicro())
	return `(WITH RECURSIVE bounds (low, high) AS (
			SELECT (SELECT MIN(seq) FROM audit_event WHERE ledger = ` + l + `), (SELECT MAX(seq) + 1 FROM audit_event WHERE ledger = ` + l + `)
			UNION ALL
			SELECT CASE WHEN e.ts < ` + micros + ` THEN e.seq + 1 ELSE low END, CASE WHEN e.ts < ` + micros + ` THEN high ELSE e.seq END
			FROM bounds JOIN audit_event e ON e.ledger = ` + l + ` AND e.seq = (low + high) / 2 WHERE low < high)
		SELECT MAX(low) FROM bounds)`
}

// scanEvent reads an event and checks that the row holds what the leaf says.
func scanEvent(rows *sql.Rows, ledger string) (event.Event, error) {
	var seq int64
	var leaf, salt []byte
	var clear sql.NullString
	if err := rows.Scan(&seq, &leaf, &clear, &salt); err != nil {
		return event.Event{}, err
	}
	return schema.Checked(ledger, seq, leaf, clear, salt)
}
