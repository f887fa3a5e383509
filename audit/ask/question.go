package ask

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// Question is a question that compliance people ask, with a name. Every filter of Query
// narrows it further.
type Question struct {
	Name       string
	Answers    string // what it answers, in one sentence
	Shape      Shape
	Parameters []Parameter // beside the filters

	ask func(a *Asker, ctx context.Context, q Ask) (Answer, error)
}

// Parameter is what a question takes beside the filters, or which filter it cannot do
// without.
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
	{Name: "who-read", Shape: ShapeEvents, ask: (*Asker).whoRead,
		Answers:    "Who read this document, batch or contract, when, from where and by which clause.",
		Parameters: []Parameter{{"document", false, "one of document, batch and contract is needed"}}},
	{Name: "activity-of", Shape: ShapeEvents, ask: (*Asker).activityOf,
		Answers:    "All that this person did or tried.",
		Parameters: []Parameter{{"actor", true, "the person"}}},
	{Name: "denials", Shape: ShapeEvents, ask: (*Asker).denials,
		Answers:    "What was refused.",
		Parameters: []Parameter{{"which", false, "first: only each person's first refusal ever"}}},
	{Name: "repeated-denials", Shape: ShapeGroups, ask: (*Asker).repeatedDenials,
		Answers:    "Who was refused again and again.",
		Parameters: []Parameter{{"least", false, "from how many refusals on; 3"}}},
	{Name: "outside-hours-or-country", Shape: ShapeEvents, ask: (*Asker).outside,
		Answers: "Reading that was refused for its place or hour, and reading that was granted outside the countries or hours given here.",
		Parameters: []Parameter{{"countries", false, "reading from others is shown, as in FR,TN"},
			{"hours", false, "reading at other times of the day is shown, as in 08:00-18:00"},
			{"zone", false, "of the hours, as in Europe/Paris; UTC"}}},
	{Name: "most-read", Shape: ShapeGroups, ask: (*Asker).mostRead,
		Answers: "Which documents were read most."},
	{Name: "most-reading", Shape: ShapeGroups, ask: (*Asker).mostReading,
		Answers: "Who read most."},
	{Name: "expired-still-asked", Shape: ShapeGroups, ask: (*Asker).expiredStillAsked,
		Answers: "Which contracts were asked for although they had ended, were suspended or had not begun."},
	{Name: "access-changes", Shape: ShapeEvents, ask: (*Asker).accessChanges,
		Answers: "What changed in who may do what: people, roles, contracts, keys."},
	{Name: "unfinished-erasures", Shape: ShapeEvents, ask: (*Asker).unfinishedErasures,
		Answers: "Which erasures the store did not let end, for another reason than a lock."},
	{Name: "audit-of-audit", Shape: ShapeEvents, ask: (*Asker).auditOfAudit,
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
	From   time.Time // groups: the time from which events were counted
}

// Group is several events with a common key, and their sums.
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
func (a *Asker) Ask(ctx context.Context, q Ask) (Answer, error) {
	for _, named := range questions {
		if named.Name == q.Question {
			if err := named.check(q); err != nil {
				return Answer{}, err
			}
			return named.ask(a, ctx, q)
		}
	}
	return Answer{}, fmt.Errorf("%w: question", schema.ErrQuery)
}

// check refuses parameters that the question would ignore: the answer would look like the
// answer to another question.
func (named Question) check(q Ask) error {
	for name, given := range map[string]bool{"which": q.Which != "", "least": q.Least != 0, "countries": len(q.Countries) > 0,
		"hours": q.Hours != "", "zone": q.Zone != ""} {
		takes := slices.ContainsFunc(named.Parameters, func(p Parameter) bool { return p.Name == name })
		if given && !takes {
			return fmt.Errorf("%w: %s takes no %s", schema.ErrQuery, named.Name, name)
		}
	}
	if named.Shape == ShapeGroups && q.Cursor != "" {
		return fmt.Errorf("%w: %s has one page", schema.ErrQuery, named.Name)
	}
	return nil
}

// events answers with a page of the events that meet the conditions.
func (a *Asker) events(ctx context.Context, q Ask, conditions ...string) (Answer, error) {
	s, err := a.search(ctx, q.Query)
	if err != nil {
		return Answer{}, err
	}
	s.meet(conditions...)
	events, next, err := a.page(ctx, q.Query, s)
	return Answer{Events: events, Next: next}, err
}

// only narrows a filter to the subject of a question. A filter for another subject finds
// nothing.
func only[T comparable](filter *T, about T) (condition string) {
	var all T
	switch *filter {
	case all, about:
		*filter = about
		return `1 = 1`
	}
	return nothing
}

func (a *Asker) whoRead(ctx context.Context, q Ask) (Answer, error) {
	if q.Document == "" && q.Batch == "" && q.Contract == "" {
		return Answer{}, fmt.Errorf("%w: who-read needs a document, a batch or a contract", schema.ErrQuery)
	}
	reading := only(&q.Action, "document.read")
	return a.events(ctx, q, reading, `outcome <> 'deny'`)
}

func (a *Asker) activityOf(ctx context.Context, q Ask) (Answer, error) {
	if q.Actor == "" {
		return Answer{}, fmt.Errorf("%w: activity-of needs an actor", schema.ErrQuery)
	}
	return a.events(ctx, q)
}

func (a *Asker) denials(ctx context.Context, q Ask) (Answer, error) {
	refused := only(&q.Outcome, event.OutcomeDeny)
	switch q.Which {
	case "":
		return a.events(ctx, q, refused)
	case "first":
		s, err := a.search(ctx, q.Query)
		if err != nil {
			return Answer{}, err
		}
		first, err := a.firstRefusals(ctx, s)
		if err != nil {
			return Answer{}, fmt.Errorf("looking for first refusals: %w", err)
		}
		s.meet(refused)
		s.terms = nil // the numbers are few and known, so no index is needed
		s.conditions.amongNumbers(a.postgresql, "seq", first)
		events, next, err := a.page(ctx, q.Query, s)
		return Answer{Events: events, Next: next}, err
	}
	return Answer{}, fmt.Errorf("%w: which must be first, or left out", schema.ErrQuery)
}

// firstRefusals returns the numbers of each person's first refusal ever; other filters do
// not matter here. It goes from person to person along the index rows of refusals, with
// two look-ups for each.
func (a *Asker) firstRefusals(ctx context.Context, s *search) ([]int64, error) {
	const one = `FROM audit_index WHERE ledger = $1 AND field = $2 AND value`
	rows, err := a.db.QueryContext(ctx, `WITH RECURSIVE refused (person) AS (SELECT MIN(value) `+one+` > ''
			UNION ALL SELECT (SELECT MIN(value) `+one+` > person) FROM refused WHERE person IS NOT NULL),
		begun (person, block) AS (SELECT person, (SELECT MIN(block) `+one+` = person) FROM refused WHERE person IS NOT NULL)
		SELECT person, p.block, p.bits FROM begun JOIN audit_index p
			ON p.ledger = $1 AND p.field = $2 AND p.value = person AND p.block = begun.block
		WHERE p.block < $3`, s.ledger, schema.FieldRefused, s.indexed/schema.BlockSize)
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
		first = append(first, block*schema.BlockSize+int64(bits.TrailingZeros64(uint64(stored))))
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	latest, err := a.db.QueryContext(ctx, `SELECT actor, MIN(seq) FROM audit_event
		WHERE ledger = $1 AND seq >= $2 AND outcome = 'deny' AND actor IS NOT NULL GROUP BY actor`, s.ledger, s.indexed)
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

func (a *Asker) repeatedDenials(ctx context.Context, q Ask) (Answer, error) {
	if q.Least == 0 {
		q.Least = 3
	}
	if q.Least < 1 {
		return Answer{}, fmt.Errorf("%w: least", schema.ErrQuery)
	}
	refused := only(&q.Outcome, event.OutcomeDeny)
	return a.groups(ctx, q, "actor", `COUNT(*)`, refused)
}

// reads counts accesses by their grants, and bytes by how the accesses ended.
const reads = `SUM(CASE WHEN phase = 'grant' THEN 1 ELSE 0 END)`

func (a *Asker) mostRead(ctx context.Context, q Ask) (Answer, error) {
	reading := only(&q.Action, "document.read")
	return a.groups(ctx, q, "document", reads, reading, `outcome <> 'deny'`)
}

func (a *Asker) mostReading(ctx context.Context, q Ask) (Answer, error) {
	reading := only(&q.Action, "document.read")
	return a.groups(ctx, q, "actor", reads, reading, `outcome <> 'deny'`)
}

func (a *Asker) expiredStillAsked(ctx context.Context, q Ask) (Answer, error) {
	refused := only(&q.Outcome, event.OutcomeDeny)
	return a.groups(ctx, q, "contract", `COUNT(*)`, refused,
		`reason IN ('contract-expired', 'contract-terminated', 'contract-suspended', 'contract-not-in-force', 'contract-not-begun',
			'contract-exited', 'wind-down-over')`)
}

func (a *Asker) accessChanges(ctx context.Context, q Ask) (Answer, error) {
	about := only(&q.Kind, event.KindAccess)
	return a.events(ctx, q, about)
}

func (a *Asker) unfinishedErasures(ctx context.Context, q Ask) (Answer, error) {
	refused := only(&q.Action, "erasure.refuse")
	return a.events(ctx, q, refused)
}

func (a *Asker) auditOfAudit(ctx context.Context, q Ask) (Answer, error) {
	about := only(&q.Kind, event.KindAudit)
	return a.events(ctx, q, about)
}

// groups sums up the events that meet the conditions by a column, the largest count
// first. It reads all of them, so it goes back only as far as From or Since says, and
// fails after Config.SumLimit.
func (a *Asker) groups(ctx context.Context, q Ask, column, count string, conditions ...string) (Answer, error) {
	limited, cancel := context.WithTimeout(ctx, a.sumLimit)
	defer cancel()
	answer, err := a.sumUp(limited, q, column, count, conditions...)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return Answer{}, fmt.Errorf("%w: summing up took longer than %s: ask about less, by from, to or another filter", schema.ErrQuery, a.sumLimit)
	}
	return answer, err
}

func (a *Asker) sumUp(ctx context.Context, q Ask, column, count string, conditions ...string) (Answer, error) {
	if q.From.IsZero() {
		since := q.Since
		if since == 0 {
			since = 30 * 24 * time.Hour
		}
		q.From = a.clock().Add(-since)
	}
	where, err := a.summed(ctx, q, conditions)
	if err != nil {
		return Answer{}, err
	}
	where.add(column, ` IS NOT NULL`)
	statement := strings.NewReplacer("COLUMN", column, "COUNTED", count, "WHERE_", where.String(),
		"LEAST", where.bind(max(q.Least, 1)), "LIMIT_", where.bind(limitOf(q.Query))).Replace(`SELECT COLUMN, CAST(COUNTED AS bigint),
		COUNT(DISTINCT document), COUNT(DISTINCT actor), CAST(COALESCE(SUM(bytes), 0) AS bigint), MIN(ts), MAX(ts)
		FROM audit_event WHERE WHERE_ GROUP BY COLUMN HAVING COUNTED >= LEAST ORDER BY 2 DESC, 1 LIMIT LIMIT_`)
	rows, err := a.db.QueryContext(ctx, statement, where.args...)
	if err != nil {
		return Answer{}, fmt.Errorf("summing up events: %w", err)
	}
	defer rows.Close()
	answer := Answer{From: q.From}
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

// maxNumbers is the largest number of events that are read one by one. For more, or for
// more than every fourth event, reading all is less work.
const maxNumbers = 100_000

// summed is the condition of the events to sum up.
func (a *Asker) summed(ctx context.Context, q Ask, conditions []string) (*conditions, error) {
	s, err := a.search(ctx, q.Query)
	if err != nil {
		return nil, err
	}
	s.meet(conditions...)
	where := s.where(s.first, s.end)
	if len(s.terms) == 0 {
		return where, nil
	}
	numbers, err := a.numbers(ctx, a.db, s, min(maxNumbers, max(min(s.end, s.indexed)-s.first, 0)/4))
	if err != nil {
		return nil, fmt.Errorf("summing up events: %w", err)
	}
	if numbers != nil {
		where.amongNumbers(a.postgresql, "seq", numbers)
	}
	return where, nil
}
