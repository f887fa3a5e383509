package verify

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
)

// Columns holds the columns that repeat a leaf in a database, by the names of Fields;
// numbers are in decimal. Queries go by the columns, so an edited column hides the event
// from queries. A column that is null is empty here.
type Columns map[string]string

// fields lists the columns with their values. number is the number of the field in the
// bitmap index; 0: not indexed. The list is this package's own, from docs/ledger.md.
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

// refusedActor is the field of the index without a column: the actor of an event whose
// outcome is a refusal.
const refusedActor = 15

// Fields are the names of the columns that repeat an event, with their numbers in the
// bitmap index; 0: not indexed.
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
		v.report.problem(KindColumn, r.Seq, "the columns say something else than the leaf: %s", strings.Join(wrong, ", "))
	}
}
