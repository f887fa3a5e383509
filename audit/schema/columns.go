package schema

import "github.com/bordereau/bordereau/audit/event"

// Field is the number of a field in the bitmap index. The database stores these numbers,
// and docs/ledger.md lists them.
type Field int64

// FieldRefused is a field without a column: the actor of an event whose outcome is a
// refusal.
const FieldRefused Field = 15

// Column is a column of audit_event that repeats a member of the leaf, as a text.
type Column struct {
	Name     string
	Field    Field // in the bitmap index; 0: not indexed
	Optional bool  // NULL where the event has no value
	Value    func(*event.Event) string
}

// Columns lists these columns. Writing, copying, indexing and searching go by this list.
// Package audit/verify has a list of its own, and a test holds the two equal.
var Columns = []Column{
	{"event", 0, false, func(e *event.Event) string { return e.ID }},
	{"action", 1, false, func(e *event.Event) string { return string(e.Action) }},
	{"kind", 2, false, func(e *event.Event) string { return string(e.Action.Kind()) }},
	{"phase", 3, false, func(e *event.Event) string { return string(e.Phase) }},
	{"outcome", 4, false, func(e *event.Event) string { return string(e.Outcome) }},
	{"reason", 5, true, func(e *event.Event) string { return e.Reason }},
	{"actor", 6, true, func(e *event.Event) string { return e.Actor }},
	{"organisation", 7, true, func(e *event.Event) string { return e.Organisation }},
	{"role", 8, true, func(e *event.Event) string { return e.Role }},
	{"site", 9, true, func(e *event.Event) string { return e.Site }},
	{"country", 10, true, func(e *event.Event) string { return e.Country }},
	{"contract", 11, true, func(e *event.Event) string { return e.Contract }},
	{"provider", 12, true, func(e *event.Event) string { return e.Provider }},
	{"batch", 13, true, func(e *event.Event) string { return e.Batch }},
	{"document", 14, true, func(e *event.Event) string { return e.Document }},
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

// FieldOf is the field of a column of the index.
func FieldOf(column string) Field {
	for i := range Columns {
		if Columns[i].Name == column {
			return Columns[i].Field
		}
	}
	return 0
}

// BlockSize is how many events a block of the bitmap index has: one for each bit of a
// row.
const BlockSize = 64
