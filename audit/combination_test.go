package audit_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// Every combination of filters finds what a check of each leaf finds, in pages of any
// size.
func TestAnyCombinationOfFilters(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		r := rand.New(rand.NewPCG(7, 8))
		ledger, leaves := randomLedger(t, db, r, 600)
		found := 0
		for range 400 {
			if asked(t, ledger, leaves, randomQuery(r), r) > 0 {
				found++
			}
		}
		if found < 100 {
			t.Errorf("only %d of the queries found anything", found)
		}
	})
}

// asked compares the events and the count of a query with the leaves, and returns their
// number.
func asked(t *testing.T, ledger *audit.Ledger, leaves []event.Event, q ask.Query, r *rand.Rand) int {
	t.Helper()
	var want []int64
	all := int64(0)
	for _, e := range slices.Backward(leaves) {
		if fits(q, e) {
			want = append(want, e.Seq)
		}
		counted := q
		if counted.Cursor = ""; fits(counted, e) {
			all++
		}
	}
	if diff := cmp.Diff(want, pages(t, ledger, q, r)); diff != "" {
		t.Fatalf("%+v (-want +got):\n%s", q, diff)
	}
	if count, more, err := ledger.Count(t.Context(), q); err != nil || more || count != all {
		t.Fatalf("%+v: counted %d, more %t, %v; want %d", q, count, more, err, all)
	}
	return len(want)
}

// The words of the random ledger, common and rare; each filter also asks for a value that
// no event has.
var (
	wordActions   = []event.Action{"document.read", "document.receive", "document.inspect", "batch.list", "role.grant", "audit.query", "token.issue"}
	wordPhases    = []event.Phase{event.PhaseState, event.PhaseGrant, event.PhaseCompleted, event.PhaseAborted, event.PhaseUnknown}
	wordOutcomes  = []event.Outcome{event.OutcomeAllow, event.OutcomeAllow, event.OutcomeDeny, event.OutcomeError}
	wordReasons   = []string{"allowed", "allowed", "no-lease", "site", ""}
	wordRoles     = []string{"handler", "client-system", "compliance-officer", ""}
	wordSites     = []string{"tunis", "lyon", ""}
	wordCountries = []string{"TN", "FR", ""}
)

func some[T any](r *rand.Rand, words []T) T { return words[r.IntN(len(words))] }

// word is one of three ids, or none.
func word(r *rand.Rand, prefix string) string {
	if n := r.IntN(4); n > 0 {
		return fmt.Sprintf("%s_%d", prefix, n)
	}
	return ""
}

// randomLedger fills a ledger with n events of the words, several at one time, and
// another ledger beside it. What it gives is read from the leaves.
func randomLedger(t *testing.T, db *database.DB, r *rand.Rand, n int) (*audit.Ledger, []event.Event) {
	t.Helper()
	migrate(t, db)
	ledger := open(t, config(db))
	var events []event.Event
	for i := range n {
		e := randomEvent(r)
		e.Ledger, e.Occurred, e.Phase = client(1+i%5/4), noon.Add(time.Duration(i/3)*time.Minute), some(r, wordPhases)
		events = append(events, e)
	}
	if err := ledger.NewFiller().Fill(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	return ledger, eventsOf(t, ledger, client(1))
}

// randomEvent is of the words.
func randomEvent(r *rand.Rand) event.Event {
	return event.Event{
		Phase: event.PhaseState, Action: some(r, wordActions), Outcome: some(r, wordOutcomes), Reason: some(r, wordReasons), Role: some(r, wordRoles),
		Site: some(r, wordSites), Country: some(r, wordCountries), Actor: word(r, "p"), Organisation: word(r, "o"), Contract: word(r, "c"),
		Provider: word(r, "o"), Batch: word(r, "b"), Document: word(r, "d"), Private: map[string]string{"address": "192.0.2.1"},
	}
}

// eventsOf are the events of a ledger as their leaves say.
func eventsOf(t *testing.T, ledger *audit.Ledger, name string) []event.Event {
	t.Helper()
	var leaves []event.Event
	for row, err := range ledger.Copy(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Parse(row.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, e)
	}
	return leaves
}

// randomQuery sets each filter now and then.
func randomQuery(r *rand.Rand) ask.Query {
	q := ask.Query{Ledger: client(1)}
	often := 1 + r.IntN(8)
	set := func() bool { return r.IntN(often+3) == 0 }
	for _, f := range []struct {
		to   *string
		from func() string
	}{
		{&q.Actor, func() string { return word(r, "p") }}, {&q.Organisation, func() string { return word(r, "o") }},
		{&q.Contract, func() string { return word(r, "c") }}, {&q.Provider, func() string { return word(r, "o") }},
		{&q.Batch, func() string { return word(r, "b") }}, {&q.Document, func() string { return word(r, "d") }},
		{&q.Role, func() string { return some(r, wordRoles) }}, {&q.Site, func() string { return some(r, wordSites) }},
		{&q.Country, func() string { return some(r, wordCountries) }}, {&q.Reason, func() string { return some(r, append(wordReasons, "never")) }},
	} {
		if set() {
			*f.to = f.from()
		}
	}
	if set() {
		q.Action = some(r, append(wordActions, "hold.place"))
	}
	if set() {
		q.Kind = some(r, event.Kinds())
	}
	if set() {
		q.Phase = some(r, wordPhases)
	}
	if set() {
		q.Outcome = some(r, wordOutcomes)
	}
	when := func() time.Time {
		return noon.Add(time.Duration(r.IntN(240)-20) * time.Minute).Add(time.Duration(r.IntN(3) - 1))
	}
	if set() {
		q.From = when()
	}
	if set() {
		q.To = when()
	}
	if set() {
		q.Cursor = strconv.Itoa(r.IntN(600))
	}
	return q
}

// fits applies the filters to the leaf alone.
func fits(q ask.Query, e event.Event) bool {
	for _, f := range []struct{ want, got string }{
		{q.Actor, e.Actor}, {q.Organisation, e.Organisation}, {q.Contract, e.Contract}, {q.Provider, e.Provider}, {q.Batch, e.Batch},
		{q.Document, e.Document}, {q.Role, e.Role}, {q.Site, e.Site}, {q.Country, e.Country}, {q.Reason, e.Reason},
		{string(q.Action), string(e.Action)}, {string(q.Kind), string(e.Action.Kind())}, {string(q.Phase), string(e.Phase)},
		{string(q.Outcome), string(e.Outcome)},
	} {
		if f.want != "" && f.want != f.got {
			return false
		}
	}
	if before, err := strconv.ParseInt(q.Cursor, 10, 64); err == nil && e.Seq >= before {
		return false
	}
	return !e.Time.Before(q.From) && (q.To.IsZero() || e.Time.Before(q.To))
}

// pages asks for page after page, each of another size.
func pages(t *testing.T, ledger *audit.Ledger, q ask.Query, r *rand.Rand) []int64 {
	t.Helper()
	var all []int64
	for {
		q.Limit = 1 + r.IntN(200)
		events, next, err := ledger.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) > q.Limit || next != "" && len(events) != q.Limit {
			t.Fatalf("a page of %d holds %d, next %q", q.Limit, len(events), next)
		}
		all = append(all, numbers(events)...)
		if next == "" {
			return all
		}
		q.Cursor = next
	}
}
