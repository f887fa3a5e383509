package audit_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// yearEnd is when the year of a large ledger ends; questions about the last 30 days are
// asked then.
var yearEnd = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// year makes the events of a busy year, day by day, the same ones each time but for their
// identifiers. Of every ten, eight are one client's and the others those of nine more. A
// document comes in, is assigned in a batch, is read by its handler a little later, and
// sometimes by another person. One access in sixty is refused. People also sign in, roles
// change, and officers ask the ledger.
type year struct {
	random *rand.Rand
	days   int
}

func newYear() *year { return &year{random: rand.New(rand.NewPCG(2026, 11)), days: 365} }

const (
	yearClients   = 10
	yearProviders = 8
	yearContracts = 40
	yearPeople    = 400
)

var yearSites = []struct{ site, country string }{{"tunis", "TN"}, {"sfax", "TN"}, {"antananarivo", "MG"}, {"porto", "PT"},
	{"casablanca", "MA"}, {"lyon", "FR"}}

// day gives about n events of one day, in the order of their time.
func (y *year) day(d, n int) []event.Event {
	start := yearEnd.AddDate(0, 0, d-y.days)
	events := make([]event.Event, 0, n+8)
	for batch := 0; len(events) < n; batch++ {
		events = append(events, y.batch(start, d, batch)...)
	}
	slices.SortStableFunc(events, func(a, b event.Event) int { return a.Occurred.Compare(b.Occurred) })
	return events
}

// batch is the life of one batch of 40 documents, and what happens beside it.
func (y *year) batch(day time.Time, d, n int) []event.Event {
	r := y.random
	client := 1
	if r.IntN(5) == 0 {
		client = 2 + r.IntN(yearClients-1)
	}
	contract := client*100 + r.IntN(yearContracts)
	provider := contract % yearProviders
	at := day.Add(7*time.Hour + time.Duration(r.IntN(10*3600))*time.Second)
	base := event.Event{Ledger: ledgerName(client), Phase: event.PhaseState, Outcome: event.OutcomeAllow, Reason: "allowed",
		Contract: fmt.Sprintf("c_%d", contract), Version: 1, Provider: fmt.Sprintf("o_p%d", provider), Auth: "token",
		Clause: "classes.claim.read", Batch: fmt.Sprintf("b_%d_%d", d, n)}
	sender, reader := base, base
	sender.Actor, sender.Organisation, sender.Role = fmt.Sprintf("p_c%d", client), base.Ledger, "client-system"
	reader.Actor, reader.Organisation, reader.Role = fmt.Sprintf("p_%d", provider+yearProviders*r.IntN(yearPeople/yearProviders)), base.Provider, "handler"
	place := yearSites[(provider+r.IntN(2))%len(yearSites)]
	reader.Site, reader.Country = place.site, place.country

	events := y.beside(at, sender, reader)
	for i := range 40 {
		document := fmt.Sprintf("d_%d_%d_%d", d, n, i)
		events = append(events, y.access(sender, "document.receive", document, at.Add(time.Duration(i)*time.Second))...)
		events = append(events, y.access(reader, "document.read", document, at.Add(time.Hour+time.Duration(i)*3*time.Minute))...)
		if r.IntN(4) == 0 {
			again := reader
			again.Actor = fmt.Sprintf("p_%d", provider+yearProviders*r.IntN(yearPeople/yearProviders))
			events = append(events, y.access(again, "document.read", document, at.Add(4*time.Hour))...)
		}
	}
	return events
}

// access is a grant and its end, or a refusal.
func (y *year) access(e event.Event, action event.Action, document string, at time.Time) []event.Event {
	e.Action, e.Document, e.Class, e.Occurred, e.Length = action, document, "claim", at, int64(10_000+y.random.IntN(500_000))
	e.Private = map[string]string{"address": fmt.Sprintf("192.0.2.%d", y.random.IntN(250)), "user_agent": "bordereau/1.0 (linux; amd64)"}
	e.ID, e.Request = event.NewID(), fmt.Sprintf("%016x", y.random.Uint64())
	if y.random.IntN(60) == 0 {
		e.Outcome = event.OutcomeDeny
		e.Reason = []string{"no-lease", "site", "hours", "contract-expired", "not-assigned", "ceiling"}[y.random.IntN(6)]
		return []event.Event{e}
	}
	e.Phase = event.PhaseGrant
	end := e
	end.Phase, end.Grant, end.ID, end.Bytes = event.PhaseCompleted, e.ID, event.NewID(), e.Length
	end.Occurred = at.Add(time.Second)
	switch y.random.IntN(400) {
	case 0:
		end.Phase, end.Bytes, end.Reason = event.PhaseAborted, e.Length/2, "client-gone"
	case 1:
		end.Phase, end.Outcome, end.Reason = event.PhaseUnknown, event.OutcomeError, "node-lost"
	}
	return []event.Event{e, end}
}

// beside adds other events: signing in, taking up work, sometimes a change of access or a
// question.
func (y *year) beside(at time.Time, sender, reader event.Event) []event.Event {
	var events []event.Event
	add := func(e event.Event, action event.Action, subject string, after time.Duration) {
		e.Action, e.Subject, e.Occurred = action, subject, at.Add(after)
		e.Private = map[string]string{"address": "192.0.2.1"}
		events = append(events, e)
	}
	officer := sender
	officer.Actor, officer.Role, officer.Auth = "p_officer", "compliance-officer", "token"
	add(sender, "token.issue", "", 0)
	add(sender, "batch.open", "", time.Second)
	add(sender, "batch.seal", "", time.Hour)
	add(reader, "token.issue", "", time.Hour)
	add(reader, "batch.list", "", time.Hour+time.Second)
	add(reader, "assignment.lease", "", time.Hour+2*time.Second)
	if y.random.IntN(10) == 0 {
		add(officer, "audit.query", "", 5*time.Hour)
	}
	if y.random.IntN(50) == 0 {
		officer.Actor, officer.Role = "p_manager", "contract-manager"
		add(officer, "role.grant", reader.Actor, 5*time.Hour)
	}
	return events
}

// ledgerName is the name of the n-th client's ledger.
func ledgerName(n int) string { return client(n) }

// quantile is the q-th of the sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func sortDurations(d []time.Duration) { slices.SortFunc(d, cmp.Compare) }
