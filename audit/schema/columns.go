package schema

import (
	"slices"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// Field is the number of a field in the bitmap index. The database stores these numbers,
// and docs/ledger.md lists them.
type Field int64

// FieldRefused is a field without a column: the actor of an event whose outcome is a
// refusal.
const FieldRefused Field = 15

// Query asks for events of one ledger, the newest first. Every filter that is set must
// hold.
type Query struct {
	Ledger string // which ledger; must be set

	Actor, Contract, Provider, Batch, Document string

	Organisation string // of the actor
	Role         string // in which the actor did it
	Site         string // as the contract names it
	Country      string // of that site

	Action  event.Action
	Kind    event.Kind // of the action
	Phase   event.Phase
	Outcome event.Outcome
	Reason  string

	From time.Time // not before; by the time of sequencing
	To   time.Time // before

	Cursor string // of the next page, as it was returned with the page before; empty: the newest
	Limit  int    // at most 500; 0: 50
}

// Column is a column of audit_event that repeats what a leaf says, as a text.
type Column struct {
	Name     string
	Field    Field // in the bitmap index; 0: not indexed
	Optional bool  // NULL where the event has no value
	Value    func(*event.Event) string
	Filter   // of each indexed column
}

// Filter is how a question names the values of a column. The API, the command line and
// docs/audit.md get their filters from here.
type Filter struct {
	In    func(*Query) *string // where a question has the value; nil: there is no filter
	Finds string               // which events, as the end of "finds events …"

	// What the value is: one of them is set.
	ID      string   // an identifier with this prefix
	Words   []string // one of these words
	Longest int      // any text with at most as many bytes
}

// Columns lists these columns. Writing, copying, indexing, searching and the filters of
// questions go by this list. Package audit/verify has a list of its own, and a test holds
// the two equal.
var Columns = []Column{
	{"event", 0, false, func(e *event.Event) string { return e.ID }, Filter{}},
	{"action", 1, false, func(e *event.Event) string { return string(e.Action) }, Filter{
		In: func(q *Query) *string { return (*string)(&q.Action) }, Finds: "of this action, as `document.read`", Longest: 64}},
	{"kind", 2, false, func(e *event.Event) string { return string(e.Action.Kind()) }, Filter{
		In: func(q *Query) *string { return (*string)(&q.Kind) }, Finds: "of actions of this kind", Words: words(event.Kinds())}},
	{"phase", 3, false, func(e *event.Event) string { return string(e.Phase) }, Filter{
		In: func(q *Query) *string { return (*string)(&q.Phase) }, Finds: "of this phase", Words: words(event.Phases())}},
	{"outcome", 4, false, func(e *event.Event) string { return string(e.Outcome) }, Filter{
		In: func(q *Query) *string { return (*string)(&q.Outcome) }, Finds: "with this outcome", Words: words(event.Outcomes())}},
	{"reason", 5, true, func(e *event.Event) string { return e.Reason }, Filter{
		In: func(q *Query) *string { return &q.Reason }, Finds: "for this reason, as `no-lease`", Longest: 64}},
	{"actor", 6, true, func(e *event.Event) string { return e.Actor }, Filter{
		In: func(q *Query) *string { return &q.Actor }, Finds: "of this person", ID: "p"}},
	{"organisation", 7, true, func(e *event.Event) string { return e.Organisation }, Filter{
		In: func(q *Query) *string { return &q.Organisation }, Finds: "of people of this organisation", ID: "o"}},
	{"role", 8, true, func(e *event.Event) string { return e.Role }, Filter{
		In: func(q *Query) *string { return &q.Role }, Finds: "decided by this role, as `handler`", Longest: 64}},
	{"site", 9, true, func(e *event.Event) string { return e.Site }, Filter{
		In: func(q *Query) *string { return &q.Site }, Finds: "from this site, by its name in the contract", Longest: event.MaxText}},
	{"country", 10, true, func(e *event.Event) string { return e.Country }, Filter{
		In: func(q *Query) *string { return &q.Country }, Finds: "from this country, as `TN`", Longest: 2}},
	{"contract", 11, true, func(e *event.Event) string { return e.Contract }, Filter{
		In: func(q *Query) *string { return &q.Contract }, Finds: "under this contract", ID: "c"}},
	{"provider", 12, true, func(e *event.Event) string { return e.Provider }, Filter{
		In: func(q *Query) *string { return &q.Provider }, Finds: "under contracts with this provider", ID: "o"}},
	{"batch", 13, true, func(e *event.Event) string { return e.Batch }, Filter{
		In: func(q *Query) *string { return &q.Batch }, Finds: "about this batch and its documents", ID: "b"}},
	{"document", 14, true, func(e *event.Event) string { return e.Document }, Filter{
		In: func(q *Query) *string { return &q.Document }, Finds: "about this document", ID: "d"}},
}

func words[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, word := range list {
		texts[i] = string(word)
	}
	return texts
}

// Filters lists the columns that a question can filter by.
func Filters() []Column {
	return slices.DeleteFunc(slices.Clone(Columns), func(c Column) bool { return c.In == nil })
}

// Term is a field with a value.
type Term struct {
	Field Field
	Value string // never empty
}

// Terms lists the terms that the index holds for an event.
func Terms(e *event.Event) []Term {
	terms := make([]Term, 0, len(Columns))
	for i := range Columns {
		c := &Columns[i]
		if c.Field == 0 {
			continue
		}
		if value := c.Value(e); value != "" {
			terms = append(terms, Term{c.Field, value})
		}
	}
	if e.Outcome == event.OutcomeDeny && e.Actor != "" {
		terms = append(terms, Term{FieldRefused, e.Actor})
	}
	return terms
}

// ColumnOf is the column of that name.
func ColumnOf(name string) *Column {
	i := slices.IndexFunc(Columns, func(c Column) bool { return c.Name == name })
	return &Columns[i]
}

// BlockSize is how many events a block of the bitmap index has: one for each bit of a
// row.
const BlockSize = 64
