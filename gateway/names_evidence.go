package gateway

import (
	"io"
	"iter"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/evidence"
)

// These are the types of package evidence, under the names for callers of this package.
type (
	EventFilter    = evidence.EventFilter
	EventQuery     = evidence.EventQuery
	Group          = evidence.Group
	LedgerAnswer   = evidence.LedgerAnswer
	LedgerQuestion = evidence.LedgerQuestion
	NamedQuestion  = evidence.NamedQuestion
	Pack           = evidence.Pack
	PackQuestion   = evidence.PackQuestion
)

// EventFilters lists the filters of a question to a ledger.
func EventFilters() []EventFilter { return evidence.EventFilters() }

// WriteCSV writes the events as a table with a line of column names. The first error ends
// it, and leaves the table incomplete.
func WriteCSV(w io.Writer, events iter.Seq2[event.Event, error]) error {
	return evidence.WriteCSV(w, events)
}
