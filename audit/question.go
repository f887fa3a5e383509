package audit

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// Question is a question that compliance people ask, with a name. Every filter of Query narrows it further.
type Question struct {
	Name       string
	Answers    string // what it answers, in one sentence
	Shape      Shape
	Parameters []Parameter // beside the filters

	ask func(l *Ledger, ctx context.Context, a Ask) (Answer, error)
}

// Parameter is what a question takes beside the filters, or which filter it cannot do without.
type Parameter struct {
	Name     string
	Required bool
	Means    string
}

// Shape is the form of an answer.
type Shape string

// The shapes.
const (
	ShapeEvents Shape = "events" // events, the newest first, page by page
	ShapeGroups Shape = "groups" // sums, the largest first
)

// questions is the one list: the API, the command line and the handbook get it from here.
var questions = []Question{
	{Name: "who-read", Shape: ShapeEvents, ask: (*Ledger).whoRead,
		Answers:    "Who read this document, batch or contract, when, from where and by which clause.",
		Parameters: []Parameter{{"document", false, "one of document, batch and contract is needed"}}},
	{Name: "activity-of", Shape: ShapeEvents, ask: (*Ledger).activityOf,
		Answers:    "All that this person did or tried.",
		Parameters: []Parameter{{"actor", true, "the person"}}},
	{Name: "denials", Shape: ShapeEvents, ask: (*Ledger).denials,
		Answers:    "What was refused.",
		Parameters: []Parameter{{"which", false, "first: only each person's first refusal ever"}}},
	{Name: "repeated-denials", Shape: ShapeGroups, ask: (*Ledger).repeatedDenials,
		Answers:    "Who was refused again and again.",
		Parameters: []Parameter{{"least", false, "from how many refusals on; 3"}}},
	{Name: "outside-hours-or-country", Shape: ShapeEvents, ask: (*Ledger).outside,
		Answers: "Reading that was refused for its place or hour, and reading that was granted outside the countries or hours given here.",
		Parameters: []Parameter{{"countries", false, "reading from others is shown, as in FR,TN"},
			{"hours", false, "reading at other times of the day is shown, as in 08:00-18:00"},
			{"zone", false, "of the hours, as in Europe/Paris; UTC"}}},
	{Name: "most-read", Shape: ShapeGroups, ask: (*Ledger).mostRead,
		Answers: "Which documents were read most."},
	{Name: "most-reading", Shape: ShapeGroups, ask: (*Ledger).mostReading,
		Answers: "Who read most."},
	{Name: "expired-still-asked", Shape: ShapeGroups, ask: (*Ledger).expiredStillAsked,
		Answers: "Which contracts were asked for although they had ended, were suspended or had not begun."},
	{Name: "access-changes", Shape: ShapeEvents, ask: (*Ledger).accessChanges,
		Answers: "What changed in who may do what: people, roles, contracts, keys."},
	{Name: "audit-of-audit", Shape: ShapeEvents, ask: (*Ledger).auditOfAudit,
		Answers: "Who asked, exported or erased from this ledger."},
}

// Questions lists the named questions.
func Questions() []Question { return slices.Clone(questions) }

// Ask is a named question with its parameters. The filters of Query hold too.
type Ask struct {
	Query
	Question string

	Which     string        // denials: "first" or empty
	Least     int           // repeated-denials: 0 is 3
	Countries []string      // outside-hours-or-country: where reading belongs
	Hours     string        // outside-hours-or-country: "HH:MM-HH:MM"
	Zone      string        // of Hours; empty: UTC
	Since     time.Duration `json:"-"` // how far back groups go when From is not set; 0 is 30 days
}

// Answer is events or groups, as the question's shape says.
type Answer struct {
	Events []event.Event
	Next   string // cursor of the next page of events, empty when there is none
	Groups []Group
	From   time.Time // groups: from when on was counted
}

// Group is what several events have in common, with their sums.
type Group struct {
	Key       string // the document, person or contract
	Events    int64  // accesses or refusals
	Documents int64  // different ones
	Actors    int64  // different ones
	Bytes     int64  // moved
	First     time.Time
	Last      time.Time
}

// Ask answers a named question.
func (l *Ledger) Ask(ctx context.Context, a Ask) (Answer, error) {
	for _, q := range questions {
		if q.Name == a.Question {
			if err := q.check(a); err != nil {
				return Answer{}, err
			}
			return q.ask(l, ctx, a)
		}
	}
	return Answer{}, fmt.Errorf("%w: question", ErrQuery)
}

// check refuses parameters that the question would ignore: its answer would look like one to another question.
func (q Question) check(a Ask) error {
	for name, given := range map[string]bool{"which": a.Which != "", "least": a.Least != 0, "countries": len(a.Countries) > 0,
		"hours": a.Hours != "", "zone": a.Zone != ""} {
		takes := slices.ContainsFunc(q.Parameters, func(p Parameter) bool { return p.Name == name })
		if given && !takes {
			return fmt.Errorf("%w: %s takes no %s", ErrQuery, q.Name, name)
		}
	}
	if q.Shape == ShapeGroups && a.Cursor != "" {
		return fmt.Errorf("%w: %s has one page", ErrQuery, q.Name)
	}
	return nil
}

// events answers with a page of the events that meet the conditions.
func (l *Ledger) events(ctx context.Context, a Ask, conditions ...string) (Answer, error) {
	s, err := l.search(ctx, a.Query)
	if err != nil {
		return Answer{}, err
	}
	s.meet(conditions...)
	events, next, err := l.page(ctx, a.Query, s)
	return Answer{Events: events, Next: next}, err
}

// only narrows a filter of a question to what the question is about. Of something else there is nothing.
func only[T comparable](filter *T, about T) (condition string) {
	var all T
	switch *filter {
	case all, about:
		*filter = about
		return `1 = 1`
	}
	return nothing
}

func (l *Ledger) whoRead(ctx context.Context, a Ask) (Answer, error) {
	if a.Document == "" && a.Batch == "" && a.Contract == "" {
		return Answer{}, fmt.Errorf("%w: who-read needs a document, a batch or a contract", ErrQuery)
	}
	reading := only(&a.Action, "document.read")
	return l.events(ctx, a, reading, `outcome <> 'deny'`)
}

func (l *Ledger) activityOf(ctx context.Context, a Ask) (Answer, error) {
	if a.Actor == "" {
		return Answer{}, fmt.Errorf("%w: activity-of needs an actor", ErrQuery)
	}
	return l.events(ctx, a)
}

func (l *Ledger) denials(ctx context.Context, a Ask) (Answer, error) {
	refused := only(&a.Outcome, event.OutcomeDeny)
	switch a.Which {
	case "":
		return l.events(ctx, a, refused)
	case "first":
		s, err := l.search(ctx, a.Query)
		if err != nil {
			return Answer{}, err
		}
		first, err := l.firstRefusals(ctx, s)
		if err != nil {
			return Answer{}, fmt.Errorf("looking for first refusals: %w", err)
		}
		s.meet(refused)
		s.terms = nil // there are few, and all are known
		s.conditions.amongNumbers(l.config.PostgreSQL, "seq", first)
		events, next, err := l.page(ctx, a.Query, s)
		return Answer{Events: events, Next: next}, err
	}
	return Answer{}, fmt.Errorf("%w: which must be first, or left out", ErrQuery)
}

// firstRefusals are the numbers of each person's first refusal, whatever else is asked: from person to person along the
// postings of refusals, two looks for each, however often they were refused.
func (l *Ledger) firstRefusals(ctx context.Context, s *search) ([]int64, error) {
	const one = `FROM audit_posting WHERE ledger = $1 AND field = $2 AND value`
	rows, err := l.config.Reader.QueryContext(ctx, `WITH RECURSIVE refused (person) AS (SELECT MIN(value) `+one+` > ''
			UNION ALL SELECT (SELECT MIN(value) `+one+` > person) FROM refused WHERE person IS NOT NULL),
		begun (person, block) AS (SELECT person, (SELECT MIN(block) `+one+` = person) FROM refused WHERE person IS NOT NULL)
		SELECT person, p.block, p.bits FROM begun JOIN audit_posting p
			ON p.ledger = $1 AND p.field = $2 AND p.value = person AND p.block = begun.block
		WHERE p.block < $3`, s.ledger, fieldRefused, s.posted/blockSize)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	first, known := []int64{}, map[string]bool{}
	for rows.Next() {
		var person string
		var block, stored int64
		if err := rows.Scan(&person, &block, &stored); err != nil {
			return nil, err
		}
		known[person] = true
		first = append(first, block*blockSize+int64(bits.TrailingZeros64(uint64(stored))))
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	latest, err := l.config.Reader.QueryContext(ctx, `SELECT actor, MIN(seq) FROM audit_event
		WHERE ledger = $1 AND seq >= $2 AND outcome = 'deny' AND actor IS NOT NULL GROUP BY actor`, s.ledger, s.posted)
	if err != nil {
		return nil, err
	}
	defer latest.Close()
	for latest.Next() {
		var person string
		var seq int64
		if err := latest.Scan(&person, &seq); err != nil {
			return nil, err
		}
		if !known[person] {
			first = append(first, seq)
		}
	}
	return first, latest.Err()
}

func (l *Ledger) repeatedDenials(ctx context.Context, a Ask) (Answer, error) {
	if a.Least == 0 {
		a.Least = 3
	}
	if a.Least < 1 {
		return Answer{}, fmt.Errorf("%w: least", ErrQuery)
	}
	refused := only(&a.Outcome, event.OutcomeDeny)
	return l.groups(ctx, a, "actor", `COUNT(*)`, refused)
}

// reads counts accesses by their grants, and bytes by how the accesses ended.
const reads = `SUM(CASE WHEN phase = 'grant' THEN 1 ELSE 0 END)`

func (l *Ledger) mostRead(ctx context.Context, a Ask) (Answer, error) {
	reading := only(&a.Action, "document.read")
	return l.groups(ctx, a, "document", reads, reading, `outcome <> 'deny'`)
}

func (l *Ledger) mostReading(ctx context.Context, a Ask) (Answer, error) {
	reading := only(&a.Action, "document.read")
	return l.groups(ctx, a, "actor", reads, reading, `outcome <> 'deny'`)
}

func (l *Ledger) expiredStillAsked(ctx context.Context, a Ask) (Answer, error) {
	refused := only(&a.Outcome, event.OutcomeDeny)
	return l.groups(ctx, a, "contract", `COUNT(*)`, refused,
		`reason IN ('contract-expired', 'contract-terminated', 'contract-suspended', 'contract-not-in-force', 'contract-not-begun',
			'contract-exited', 'wind-down-over')`)
}

func (l *Ledger) accessChanges(ctx context.Context, a Ask) (Answer, error) {
	about := only(&a.Kind, event.KindAccess)
	return l.events(ctx, a, about)
}

func (l *Ledger) auditOfAudit(ctx context.Context, a Ask) (Answer, error) {
	about := only(&a.Kind, event.KindAudit)
	return l.events(ctx, a, about)
}

// groups sums up the events that meet the conditions by a column, the largest count first. It reads all of them, so it
// goes back no further than it is told to, and gives up after Config.SumLimit.
func (l *Ledger) groups(ctx context.Context, a Ask, column, count string, conditions ...string) (Answer, error) {
	limited, cancel := context.WithTimeout(ctx, l.config.SumLimit)
	defer cancel()
	answer, err := l.sumUp(limited, a, column, count, conditions...)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return Answer{}, fmt.Errorf("%w: summing up took longer than %s: ask about less, by from, to or another filter", ErrQuery, l.config.SumLimit)
	}
	return answer, err
}

func (l *Ledger) sumUp(ctx context.Context, a Ask, column, count string, conditions ...string) (Answer, error) {
	if a.From.IsZero() {
		since := a.Since
		if since == 0 {
			since = 30 * 24 * time.Hour
		}
		a.From = l.config.Clock().Add(-since)
	}
	where, err := l.summed(ctx, a, conditions)
	if err != nil {
		return Answer{}, err
	}
	where.add(column, ` IS NOT NULL`)
	statement := strings.NewReplacer("COLUMN", column, "COUNTED", count, "WHERE_", where.String(),
		"LEAST", where.bind(max(a.Least, 1)), "LIMIT_", where.bind(a.limit())).Replace(`SELECT COLUMN, CAST(COUNTED AS bigint),
		COUNT(DISTINCT document), COUNT(DISTINCT actor), CAST(COALESCE(SUM(bytes), 0) AS bigint), MIN(ts), MAX(ts)
		FROM audit_event WHERE WHERE_ GROUP BY COLUMN HAVING COUNTED >= LEAST ORDER BY 2 DESC, 1 LIMIT LIMIT_`)
	rows, err := l.config.Reader.QueryContext(ctx, statement, where.args...)
	if err != nil {
		return Answer{}, fmt.Errorf("summing up events: %w", err)
	}
	defer rows.Close()
	answer := Answer{From: a.From}
	for rows.Next() {
		var g Group
		var first, last int64
		if err := rows.Scan(&g.Key, &g.Events, &g.Documents, &g.Actors, &g.Bytes, &first, &last); err != nil {
			return Answer{}, fmt.Errorf("summing up events: %w", err)
		}
		g.First, g.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
		answer.Groups = append(answer.Groups, g)
	}
	return answer, rows.Err()
}

// maxNumbers is how many events are read one by one. Of more, or of more than every fourth, reading all is less work.
const maxNumbers = 100_000

// summed is the condition of what is summed up.
func (l *Ledger) summed(ctx context.Context, a Ask, conditions []string) (*conditions, error) {
	s, err := l.search(ctx, a.Query)
	if err != nil {
		return nil, err
	}
	s.meet(conditions...)
	where := s.where(s.first, s.end)
	if len(s.terms) == 0 {
		return where, nil
	}
	numbers, err := l.numbers(ctx, l.config.Reader, s, min(maxNumbers, max(min(s.end, s.posted)-s.first, 0)/4))
	if err != nil {
		return nil, fmt.Errorf("summing up events: %w", err)
	}
	if numbers != nil {
		where.amongNumbers(l.config.PostgreSQL, "seq", numbers)
	}
	return where, nil
}
