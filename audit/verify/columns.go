package verify

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
)

// Columns is what a database repeats of a leaf beside it, and what queries are answered
// from, by the names of the fields in Fields; numbers are in decimal. A column that was
// edited hides the event from queries. A column that is null is empty here.
type Columns map[string]string

// fields are what a column repeats of an event. number is that of the field in the bitmap
// index; 0: it is not in it. The list is this package's own, from docs/ledger.md.
var fields = []struct {
	name   string
	number int64
	value  func(e *event.Event) string
}{
	{"time", 0, func(e *event.Event) string { return strconv.FormatInt(e.Time.UnixMicro(), 10) }},
	{"event", 0, func(e *event.Event) string { return e.ID }},
	{"bytes", 0, func(e *event.Event) string { return strconv.FormatInt(e.Bytes, 10) }},
	{"action", 1, func(e *event.Event) string { return string(e.Action) }},
	{"kind", 2, func(e *event.Event) string { return string(e.Action.Kind()) }},
	{"phase", 3, func(e *event.Event) string { return string(e.Phase) }},
	{"outcome", 4, func(e *event.Event) string { return string(e.Outcome) }},
	{"reason", 5, func(e *event.Event) string { return e.Reason }},
	{"actor", 6, func(e *event.Event) string { return e.Actor }},
	{"organisation", 7, func(e *event.Event) string { return e.Organisation }},
	{"role", 8, func(e *event.Event) string { return e.Role }},
	{"site", 9, func(e *event.Event) string { return e.Site }},
	{"country", 10, func(e *event.Event) string { return e.Country }},
	{"contract", 11, func(e *event.Event) string { return e.Contract }},
	{"provider", 12, func(e *event.Event) string { return e.Provider }},
	{"batch", 13, func(e *event.Event) string { return e.Batch }},
	{"document", 14, func(e *event.Event) string { return e.Document }},
}

// refusedActor is the field of the index that no column has: the actor, where the outcome
// is a refusal.
const refusedActor = 15

// Fields are the names of what a database repeats of an event, with their numbers in the
// bitmap index; 0: it is not in it.
func Fields() map[string]int64 {
	numbers := map[string]int64{}
	for _, f := range fields {
		numbers[f.name] = f.number
	}
	return numbers
}

func (v *verification) columns(r Row, e event.Event) {
	if r.Columns == nil {
		return
	}
	var wrong []string
	for _, f := range fields {
		if said, there := r.Columns[f.name]; !there || said != f.value(&e) {
			wrong = append(wrong, f.name)
		}
	}
	if len(r.Columns) > len(fields) {
		for _, name := range slices.Sorted(maps.Keys(r.Columns)) {
			if _, known := Fields()[name]; !known {
				wrong = append(wrong, name)
			}
		}
	}
	if len(wrong) > 0 {
		v.report.problem(KindColumn, r.Seq, "the index says something else than the leaf: %s", strings.Join(wrong, ", "))
	}
}
