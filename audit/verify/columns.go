package verify

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// Columns holds the columns that repeat a leaf in a database, by the names of Fields;
// numbers are in decimal. Queries go by the columns, so an edited column hides the event
// from queries. A column that is null is empty here.
type Columns map[string]string

// use says where a field stands.
type use int

const (
	cell   use = 1 << iota // in the table of a pack, in the order of this list
	column                 // in a column of the database
	filter                 // in the question of a pack, under its name with a capital
	number                 // no text: a minus begins no formula
)

// fields lists what is said of an event beside its leaf. index is the number of the
// field in the bitmap index; 0: not indexed. The list is this package's own, from
// docs/ledger.md.
var fields = []struct {
	name  string
	use   use
	index int64
	value func(e *event.Event) string
}{
	{"ledger", cell, 0, func(e *event.Event) string { return e.Ledger }},
	{"seq", cell | number, 0, func(e *event.Event) string { return decimal(e.Seq) }},
	{"time", cell, 0, func(e *event.Event) string { return moment(e.Time) }},
	{"occurred", cell, 0, func(e *event.Event) string { return moment(e.Occurred) }},
	{"id", cell, 0, func(e *event.Event) string { return e.ID }},
	{"phase", cell | column | filter, 3, func(e *event.Event) string { return string(e.Phase) }},
	{"action", cell | column | filter, 1, func(e *event.Event) string { return string(e.Action) }},
	{"outcome", cell | column | filter, 4, func(e *event.Event) string { return string(e.Outcome) }},
	{"reason", cell | column | filter, 5, func(e *event.Event) string { return e.Reason }},
	{"actor", cell | column | filter, 6, func(e *event.Event) string { return e.Actor }},
	{"organisation", cell | column | filter, 7, func(e *event.Event) string { return e.Organisation }},
	{"role", cell | column | filter, 8, func(e *event.Event) string { return e.Role }},
	{"auth", cell, 0, func(e *event.Event) string { return e.Auth }},
	{"contract", cell | column | filter, 11, func(e *event.Event) string { return e.Contract }},
	{"version", cell | number, 0, func(e *event.Event) string { return decimal(e.Version) }},
	{"clause", cell, 0, func(e *event.Event) string { return e.Clause }},
	{"provider", cell | column | filter, 12, func(e *event.Event) string { return e.Provider }},
	{"batch", cell | column | filter, 13, func(e *event.Event) string { return e.Batch }},
	{"document", cell | column | filter, 14, func(e *event.Event) string { return e.Document }},
	{"class", cell, 0, func(e *event.Event) string { return e.Class }},
	{"assignment", cell, 0, func(e *event.Event) string { return e.Assignment }},
	{"subject", cell, 0, func(e *event.Event) string { return e.Subject }},
	{"site", cell | column | filter, 9, func(e *event.Event) string { return e.Site }},
	{"country", cell | column | filter, 10, func(e *event.Event) string { return e.Country }},
	{"bytes", cell | number | column, 0, func(e *event.Event) string { return decimal(e.Bytes) }},
	{"length", cell | number, 0, func(e *event.Event) string { return decimal(e.Length) }},
	{"grant", cell, 0, func(e *event.Event) string { return e.Grant }},
	{"request", cell, 0, func(e *event.Event) string { return e.Request }},
	{"node", cell, 0, func(e *event.Event) string { return e.Node }},
	{"commitment", cell, 0, func(e *event.Event) string { return e.Commitment }},
	{"time", column, 0, func(e *event.Event) string { return decimal(e.Time.UnixMicro()) }},
	{"event", column, 0, func(e *event.Event) string { return e.ID }},
	{"kind", column, 2, func(e *event.Event) string { return string(e.Action.Kind()) }},
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// refusedActor is the field of the index without a column: the actor of an event whose
// outcome is a refusal.
const refusedActor = 15

// Fields are the names of the columns that repeat an event, with their numbers in the
// bitmap index; 0: not indexed.
func Fields() map[string]int64 {
	numbers := map[string]int64{}
	for _, f := range fields {
		if f.use&column != 0 {
			numbers[f.name] = f.index
		}
	}
	return numbers
}

func (v *verification) columns(r Row, e event.Event) {
	if r.Columns == nil {
		return
	}
	var wrong []string
	columns := 0
	for i := range fields {
		f := &fields[i]
		if f.use&column == 0 {
			continue
		}
		columns++
		if said, there := r.Columns[f.name]; !there || said != f.value(&e) {
			wrong = append(wrong, f.name)
		}
	}
	if len(r.Columns) > columns {
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
