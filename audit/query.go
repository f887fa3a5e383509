package audit

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// MaxPage is the most events that one Query returns.
const MaxPage = 500

const defaultPage = 50

// Query asks for events of one ledger, the newest first. Every filter that is set must hold.
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

// Query returns a page of events, each with its private half where that is not erased, and the cursor of the next page,
// which is empty when there is none. An event whose leaf or private half is not what it was when it was sequenced ends
// the query with ErrTampered, as far as that shows without the tree: see package audit/verify for the rest.
func (l *Ledger) Query(ctx context.Context, q Query) (events []event.Event, next string, err error) {
	where, err := l.where(q)
	if err != nil {
		return nil, "", err
	}
	return l.page(ctx, q, where)
}

// page is a page of the query under more conditions than its filters.
func (l *Ledger) page(ctx context.Context, q Query, where *conditions) (events []event.Event, next string, err error) {
	limit := q.limit()
	statement := `SELECT seq, leaf, priv, priv_salt FROM audit_event WHERE ` + where.String() +
		` ORDER BY seq DESC LIMIT ` + where.bind(limit+1)
	rows, err := l.config.Reader.QueryContext(ctx, statement, where.args...)
	if err != nil {
		return nil, "", fmt.Errorf("querying ledger: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEvent(rows, q.Ledger)
		if err != nil {
			return nil, "", fmt.Errorf("querying ledger: %w", err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
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

// where is the query's condition.
func (l *Ledger) where(q Query) (*conditions, error) {
	if !event.ValidLedger(q.Ledger) {
		return nil, fmt.Errorf("%w: ledger", ErrQuery)
	}
	if q.Limit < 0 || q.Limit > MaxPage {
		return nil, fmt.Errorf("%w: limit", ErrQuery)
	}
	var c conditions
	c.add(`ledger = `, c.bind(q.Ledger))
	l.narrow(&c, q)
	c.equal("role", q.Role)
	c.equal("action", string(q.Action))
	c.equal("kind", string(q.Kind))
	c.equal("phase", string(q.Phase))
	c.filter("outcome", string(q.Outcome), l.unless(true)) // what rare repeats of it names the indexes
	c.equal("reason", q.Reason)
	if q.Cursor != "" {
		before, err := strconv.ParseInt(q.Cursor, 10, 64)
		if err != nil || before < 0 {
			return nil, fmt.Errorf("%w: cursor", ErrQuery)
		}
		c.add(`seq < `, c.bind(before))
	}
	// Times become bounds of seq, looked up once: so every filter stays one range of one index.
	if !q.From.IsZero() {
		c.add(`seq >= `, c.firstSince(q.Ledger, q.From))
	}
	if !q.To.IsZero() {
		c.add(`seq < COALESCE(`, c.firstSince(q.Ledger, q.To), `, 9223372036854775807)`)
	}
	return &c, nil
}

// The conditions of the indexes that hold only what is rare, word for word as the migrations have them.
const (
	notAllowed   = `outcome <> 'allow'`
	rareAction   = `action NOT IN ('document.read', 'document.receive')`
	rareRole     = `role NOT IN ('handler', 'client-system')`
	rareReason   = `reason <> 'allowed'`
	rareKind     = `kind NOT IN ('content', 'work')`
	rarePhase    = `phase NOT IN ('state', 'grant', 'completed')`
	deniedOnly   = `outcome = 'deny'`
	commonReason = "allowed"
)

// rare repeats what follows from the filters anyway: a planner does not work it out from a parameter, and without it
// would not use the index.
func (q Query) rare(c *conditions) {
	if q.Outcome == event.OutcomeDeny || q.Outcome == event.OutcomeError {
		c.add(notAllowed)
	}
	if q.Outcome == event.OutcomeDeny && (q.Actor != "" || q.Contract != "" || q.Organisation != "") {
		c.add(deniedOnly) // else a planner might sort all that an index of these has
	}
	switch q.Action {
	case "", "document.read", "document.receive":
	default:
		c.add(rareAction)
	}
	if q.Phase == event.PhaseAborted || q.Phase == event.PhaseUnknown {
		c.add(rarePhase)
	}
	if q.Role != "" && q.Role != "handler" && q.Role != "client-system" {
		c.add(rareRole)
	}
	if q.Reason != "" && q.Reason != commonReason {
		c.add(rareReason)
	}
	if q.Kind != "" && q.Kind != event.KindContent && q.Kind != event.KindWork {
		c.add(rareKind)
	}
}

// MaxCount is as far as Count counts.
const MaxCount = 100_000

// Count counts the events that the filters find, whatever the cursor and the limit. When there are more than MaxCount
// it says so and counts no further.
func (l *Ledger) Count(ctx context.Context, q Query) (n int64, more bool, err error) {
	q.Cursor, q.Limit = "", 0
	where, err := l.where(q)
	if err != nil {
		return 0, false, err
	}
	statement := `SELECT COUNT(*) FROM (SELECT 1 FROM audit_event WHERE ` + where.String() + ` LIMIT ` + where.bind(MaxCount+1) + `) found`
	if err := l.config.Reader.QueryRowContext(ctx, statement, where.args...).Scan(&n); err != nil {
		return 0, false, fmt.Errorf("counting events: %w", err)
	}
	return min(n, MaxCount), n > MaxCount, nil
}

// conditions are joined with AND. Arguments are numbered in the order of their first use, which every driver agrees on.
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

func (c *conditions) equal(column, value string) { c.filter(column, value, "") }

// filter is equal with a sign before the column.
func (c *conditions) filter(column, value, sign string) {
	if value != "" {
		c.add(sign, column, ` = `, c.bind(value))
	}
}

// firstSince is the number of the first event at or after t, or of the one that comes next when there is none. t is
// rounded up to the microseconds that are stored, so that both bounds mean what they say.
//
// Numbers have no gaps and times never fall, so it is found by halving, in a look at some twenty rows; an index by time
// would make every append write one more page.
func (c *conditions) firstSince(ledger string, t time.Time) string {
	l, micros := c.bind(ledger), c.bind(t.Add(time.Microsecond-1).UnixMicro())
	return `(WITH RECURSIVE half (low, high) AS (
			SELECT (SELECT MIN(seq) FROM audit_event WHERE ledger = ` + l + `), (SELECT MAX(seq) + 1 FROM audit_event WHERE ledger = ` + l + `)
			UNION ALL
			SELECT CASE WHEN e.ts < ` + micros + ` THEN e.seq + 1 ELSE low END, CASE WHEN e.ts < ` + micros + ` THEN high ELSE e.seq END
			FROM half JOIN audit_event e ON e.ledger = ` + l + ` AND e.seq = (low + high) / 2 WHERE low < high)
		SELECT MAX(low) FROM half)`
}

// scanEvent reads an event and checks that the row holds what the leaf says.
func scanEvent(rows *sql.Rows, ledger string) (event.Event, error) {
	var seq int64
	var leaf, salt []byte
	var clear sql.NullString
	if err := rows.Scan(&seq, &leaf, &clear, &salt); err != nil {
		return event.Event{}, err
	}
	return checked(ledger, seq, leaf, clear, salt)
}

// checked is the event of a row, with its private half where that is not erased.
func checked(ledger string, seq int64, leaf []byte, clear sql.NullString, salt []byte) (event.Event, error) {
	e, err := event.Parse(leaf)
	if err != nil {
		return event.Event{}, fmt.Errorf("%w: event %d of %s: %w", ErrTampered, seq, ledger, err)
	}
	if e.Ledger != ledger || e.Seq != seq {
		return event.Event{}, fmt.Errorf("%w: event %d of %s is in another's place", ErrTampered, seq, ledger)
	}
	if !clear.Valid {
		return e, nil
	}
	opening := event.Opening{Clear: clear.String, Salt: salt}
	if !opening.Check(e.Commitment) {
		return event.Event{}, fmt.Errorf("%w: private half of event %d of %s", ErrTampered, seq, ledger)
	}
	e.Private, err = opening.Private()
	return e, err
}
