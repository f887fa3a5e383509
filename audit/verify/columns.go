package verify

import (
	"strings"

	"github.com/bordereau/bordereau/audit/event"
)

// Columns is the index that a database keeps beside a leaf, and that queries are answered from. Every column can be
// derived from the leaf; a column that was edited hides the event from whoever asks for it. A column that is null is
// empty here.
type Columns struct {
	Time     int64 // microseconds since 1970 UTC
	Event    string
	Action   string
	Outcome  string
	Reason   string
	Actor    string
	Contract string
	Provider string
	Batch    string
	Document string

	Phase        string
	Kind         string // of the action, as package event sorts it
	Organisation string
	Role         string
	Site         string
	Country      string
	Bytes        int64
}

func columnsOf(e event.Event) Columns {
	return Columns{
		Time: e.Time.UnixMicro(), Event: e.ID, Action: string(e.Action), Outcome: string(e.Outcome), Reason: e.Reason,
		Actor: e.Actor, Contract: e.Contract, Provider: e.Provider, Batch: e.Batch, Document: e.Document,
		Phase: string(e.Phase), Kind: string(e.Action.Kind()), Organisation: e.Organisation, Role: e.Role, Site: e.Site,
		Country: e.Country, Bytes: e.Bytes,
	}
}

func (v *verification) columns(r Row, e event.Event) {
	if r.Columns == nil {
		return
	}
	if derived := columnsOf(e); *r.Columns != derived {
		v.report.problem(KindColumn, r.Seq, "the index says something else than the leaf: %s", r.Columns.differing(derived))
	}
}

// differing names the columns that differ, without what they hold.
func (c Columns) differing(d Columns) string {
	var names []string
	for _, column := range []struct {
		name string
		same bool
	}{
		{"time", c.Time == d.Time},
		{"event", c.Event == d.Event},
		{"action", c.Action == d.Action},
		{"outcome", c.Outcome == d.Outcome},
		{"reason", c.Reason == d.Reason},
		{"actor", c.Actor == d.Actor},
		{"contract", c.Contract == d.Contract},
		{"provider", c.Provider == d.Provider},
		{"batch", c.Batch == d.Batch},
		{"document", c.Document == d.Document},
		{"phase", c.Phase == d.Phase},
		{"kind", c.Kind == d.Kind},
		{"organisation", c.Organisation == d.Organisation},
		{"role", c.Role == d.Role},
		{"site", c.Site == d.Site},
		{"country", c.Country == d.Country},
		{"bytes", c.Bytes == d.Bytes},
	} {
		if !column.same {
			names = append(names, column.name)
		}
	}
	return strings.Join(names, ", ")
}
