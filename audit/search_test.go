package audit_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// manyBlocks is how many full blocks a ledger of eachMany has, and manyTail how many
// events come after them.
const manyBlocks, manyTail = 170, 62

// eachMany runs f on a ledger of many blocks, one event a second from noon on. Of each
// block
//   - one event is p_even's in even blocks and p_odd's in odd ones, about d_even and
//     d_odd; p_few has one in each of the first 78,
//   - one is p_rare's in blocks 5 and 150, about d_rare in 10 and 150, and one refuses
//     p_often something, whose country is TN,
//   - the rest are p_all's, about d_all.
//
// p_last is refused in the last event that is indexed, p_tail in the first after it, and
// both again in the last of all. p_first is refused in the very first, p_middle in block
// 100 and in the tail.
func eachMany(t *testing.T, f func(t *testing.T, db *database.DB, c audit.Config, reads *faults, leaves []event.Event)) {
	t.Helper()
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, _, reads *faults) {
		ledger := open(t, config(db))
		events := make([]event.Event, manyBlocks*64+manyTail)
		for i := range events {
			e := event.Event{Ledger: client(1), Occurred: noon.Add(time.Duration(i) * time.Second), Phase: event.PhaseState, Action: "document.read",
				Outcome: event.OutcomeAllow, Reason: "allowed", Actor: "p_all", Document: "d_all", Country: "FR", Private: map[string]string{"address": "192.0.2.1"}}
			block := i / 64
			parity := [...]string{"even", "odd"}[block%2]
			refuse := func(person string) { e.Actor, e.Outcome, e.Reason = person, event.OutcomeDeny, "no-lease" }
			switch i % 64 {
			case block % 60:
				e.Actor, e.Document = "p_"+parity, "d_"+parity
			case block%60 + 1:
				if block < 78 {
					e.Actor = "p_few"
				}
			case block%60 + 2:
				if block == 5 || block == 150 {
					e.Actor = "p_rare"
				}
				if block == 10 || block == 150 {
					e.Document = "d_rare"
				}
			case block%60 + 3:
				refuse("p_often")
				e.Country = "TN"
			}
			switch i {
			case 0:
				refuse("p_first")
			case 100*64 + 50, len(events) - 7:
				refuse("p_middle")
			case manyBlocks*64 - 1, len(events) - 2:
				refuse("p_last")
			case manyBlocks * 64, len(events) - 1:
				refuse("p_tail")
			}
			events[i] = e
		}
		if err := ledger.NewFiller().Fill(t.Context(), events); err != nil {
			t.Fatal(err)
		}
		f(t, db, c, reads, consistent(t, db, ledger, client(1)))
	})
}

// edges are numbers of events at the ends of blocks and in the middle, of the indexed
// ones and of those after them.
var edges = []int64{0, 1, 63, 64, 100, manyBlocks*64 - 64, manyBlocks*64 - 1, manyBlocks * 64, manyBlocks*64 + 1, manyBlocks*64 + manyTail - 1, manyBlocks*64 + manyTail}

func second(seq int64) time.Time { return noon.Add(time.Duration(seq) * time.Second) }

// TestManyBlocks tests everything that reads index rows, on one ledger, because it takes
// a while to make.
func TestManyBlocks(t *testing.T) {
	needs.NoRace(t, "one client, one question after the other")
	needs.Parallel(t)
	eachMany(t, func(t *testing.T, db *database.DB, c audit.Config, reads *faults, leaves []event.Event) {
		ledger := open(t, c)
		r := rand.New(rand.NewPCG(5, 51))
		t.Run("bounds", func(t *testing.T) { searchBounds(t, ledger, leaves, r) })
		t.Run("terms", func(t *testing.T) { searchTerms(t, ledger, leaves, r) })
		t.Run("the rarest term first", func(t *testing.T) { searchRarest(t, ledger, reads) })
		t.Run("in vain", func(t *testing.T) { searchInVain(t, ledger, reads) })
		t.Run("first refusals", func(t *testing.T) { searchFirstRefusals(t, ledger, leaves, r) })
		t.Run("sums", func(t *testing.T) { searchSums(t, ledger, leaves) })
		t.Run("a person's halves", func(t *testing.T) {
			eraseFromBlocks(t, db, ledger, leaves, "p_all", "p_even", "p_few", "p_rare", "p_last", "p_tail", "p_nobody")
		})
		// The same with a tail of several blocks, and with one that is all of the ledger.
		for _, indexed := range []int{manyBlocks - 3, 0} {
			execute(t, db, fmt.Sprintf(`UPDATE audit_head SET indexed = %d`, indexed))
			t.Run(fmt.Sprintf("%d blocks indexed", indexed), func(t *testing.T) {
				searchTerms(t, ledger, leaves, r)
				searchFirstRefusals(t, ledger, leaves, r)
				searchSums(t, ledger, leaves)
				eraseFromBlocks(t, db, ledger, leaves, "p_few", "p_tail")
			})
		}
	})
}

// searchBounds asks with cursors and times at every edge.
func searchBounds(t *testing.T, ledger *audit.Ledger, leaves []event.Event, r *rand.Rand) {
	for _, actor := range []string{"p_even", "p_tail"} {
		for _, cursor := range append(edges, math.MaxInt64) {
			asked(t, ledger, leaves, ask.Query{Ledger: client(1), Actor: actor, Cursor: strconv.FormatInt(cursor, 10)}, r)
		}
		for _, from := range edges {
			for _, to := range append(edges, 1<<20) {
				q := ask.Query{Ledger: client(1), Actor: actor, From: second(from), To: second(to)}
				if r.IntN(3) == 0 {
					q.Cursor = strconv.FormatInt(some(r, edges), 10)
				}
				asked(t, ledger, leaves, q, r)
			}
		}
	}
	asked(t, ledger, leaves, ask.Query{Ledger: client(1), Actor: "p_even", From: second(1 << 20)}, r)
	asked(t, ledger, leaves, ask.Query{Ledger: client(1), Actor: "p_even", To: second(-5)}, r)
	asked(t, ledger, nil, ask.Query{Ledger: client(2), Actor: "p_even"}, r)
	for _, size := range []int{1, 2, 63, 64, 65, 500} { // pages that end where a chunk of blocks does
		var want, all []int64
		for _, e := range slices.Backward(leaves) {
			if e.Actor == "p_even" {
				want = append(want, e.Seq)
			}
		}
		for q := (ask.Query{Ledger: client(1), Actor: "p_even", Limit: size}); ; {
			events, next, err := ledger.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, numbers(events)...); next == "" {
				break
			}
			q.Cursor = next
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
}

// searchTerms asks for terms that meet everywhere, somewhere and nowhere.
func searchTerms(t *testing.T, ledger *audit.Ledger, leaves []event.Event, r *rand.Rand) {
	for _, q := range []ask.Query{
		{Actor: "p_even", Document: "d_odd"}, {Actor: "p_odd", Document: "d_odd"}, {Actor: "p_rare", Document: "d_rare"},
		{Actor: "p_even", Document: "d_rare"}, {Actor: "p_often", Outcome: event.OutcomeAllow}, {Actor: "p_often", Outcome: event.OutcomeDeny},
		{Country: "TN", Kind: event.KindContent, Action: "document.read"}, {Country: "TN", Document: "d_all", Reason: "allowed"},
		{Actor: "p_few", Country: "FR", Phase: event.PhaseState}, {Actor: "p_nobody"}, {Actor: "p_nobody", Country: "FR"}, {Outcome: event.OutcomeDeny},
	} {
		q.Ledger = client(1)
		asked(t, ledger, leaves, q, r)
		q.From, q.To = second(2000), second(9000)
		asked(t, ledger, leaves, q, r)
	}
}

// searchRarest: a common term is looked up only in blocks that have the rare term.
func searchRarest(t *testing.T, ledger *audit.Ledger, reads *faults) {
	var looks int
	seen := func(query string) {
		if strings.Contains(query, "FROM audit_index") {
			looks++
		}
	}
	reads.seen.Store(&seen)
	defer reads.seen.Store(nil)
	for _, q := range []ask.Query{{Actor: "p_rare", Country: "FR"}, {Document: "d_rare", Country: "FR"}, {Document: "d_all", Actor: "p_rare"}} {
		looks, q.Ledger = 0, client(1)
		if events, _, err := ledger.Query(t.Context(), q); err != nil || len(events) == 0 || looks > 2 { // one to compare, one to read
			t.Errorf("%+v: %d events, %d looks at postings, %v", q, len(events), looks, err)
		}
	}
}

// searchInVain: when no event meets a condition beyond the index, the search reads more
// and more events at once.
func searchInVain(t *testing.T, ledger *audit.Ledger, reads *faults) {
	var looks int
	seen := func(string) { looks++ }
	reads.seen.Store(&seen)
	defer reads.seen.Store(nil)
	for _, ask := range []ask.Ask{
		{Question: "denials", Query: ask.Query{Outcome: event.OutcomeAllow}},
		{Question: "who-read", Query: ask.Query{Document: "d_all", Actor: "p_often"}},
		{Question: "outside-hours-or-country", Query: ask.Query{Country: "FR"}},
	} {
		looks, ask.Ledger = 0, client(1)
		if answer, err := ledger.Ask(t.Context(), ask); err != nil || len(answer.Events) > 0 || looks > 30 {
			t.Errorf("%+v: %d events, %d looks, %v", ask, len(answer.Events), looks, err)
		}
	}
}

// searchFirstRefusals finds each person's first refusal ever, and filters choose among
// these only.
func searchFirstRefusals(t *testing.T, ledger *audit.Ledger, leaves []event.Event, r *rand.Rand) {
	var first []event.Event
	known := map[string]bool{}
	for _, e := range leaves {
		if e.Outcome == event.OutcomeDeny && !known[e.Actor] {
			known[e.Actor] = true
			first = append(first, e)
		}
	}
	if len(first) != 5 {
		t.Fatalf("%v", numbers(first))
	}
	var queries []ask.Query
	for person := range known {
		queries = append(queries, ask.Query{Actor: person}, ask.Query{Actor: person, From: second(3000)})
	}
	for _, edge := range edges {
		queries = append(queries, ask.Query{Cursor: strconv.FormatInt(edge, 10)}, ask.Query{From: second(edge)}, ask.Query{To: second(edge)})
	}
	queries = append(queries, ask.Query{Country: "TN"}, ask.Query{Country: "FR"}, ask.Query{Outcome: event.OutcomeAllow}, ask.Query{Actor: "p_all"}, ask.Query{})
	for _, q := range queries {
		q.Ledger, q.Limit = client(1), 1+r.IntN(6)
		var want, got []int64
		for _, e := range slices.Backward(first) {
			if fits(q, e) {
				want = append(want, e.Seq)
			}
		}
		for ask := (ask.Ask{Question: "denials", Which: "first", Query: q}); ; {
			answer, err := ledger.Ask(t.Context(), ask)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, numbers(answer.Events)...); answer.Next == "" {
				break
			}
			ask.Cursor = answer.Next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", q, diff)
		}
	}
}

// searchSums sums up few and many events, some of whose numbers come from index rows and
// some not.
func searchSums(t *testing.T, ledger *audit.Ledger, leaves []event.Event) {
	for _, q := range []ask.Query{{}, {Actor: "p_often"}, {Actor: "p_last"}, {Actor: "p_first"}, {Country: "TN"}, {Document: "d_all"}, {Document: "d_rare"},
		{Country: "FR", From: second(100 * 64)}, {Country: "TN", From: second(64), To: second(130)}, {Actor: "p_nobody"}} {
		if q.Ledger = client(1); q.From.IsZero() {
			q.From = noon
		}
		answer, err := ledger.Ask(t.Context(), ask.Ask{Question: "repeated-denials", Least: 1, Query: q})
		if err != nil {
			t.Fatal(err)
		}
		got, want := map[string]int64{}, map[string]int64{}
		for _, g := range answer.Groups {
			got[g.Key] = g.Events
		}
		for _, e := range leaves {
			if e.Outcome == event.OutcomeDeny && fits(q, e) {
				want[e.Actor]++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", q, diff)
		}
	}
}

// eraseFromBlocks looks at a person's events from and up to every edge, batch by batch.
// It leaves out none, looks at none twice, and ends. None is due, so none is erased.
func eraseFromBlocks(t *testing.T, db *database.DB, ledger *audit.Ledger, leaves []event.Event, actors ...string) {
	tx, err := db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, actor := range actors {
		type bounds struct{ from, before int64 }
		all := []bounds{{0, 78*64 - 5}, {0, 78 * 64}, {0, 78*64 + 1}, {64, 79*64 - 5}} // about where so many blocks end as one look goes along
		for i, from := range append(edges, 78*64-1, 78*64, edges[len(edges)-1]+9) {
			all = append(all, bounds{from, [...]int64{1 << 20, edges[i*5%len(edges)]}[i%2]})
		}
		if actor == "p_all" { // for whom every batch is long
			all = all[:4]
		}
		for _, b := range all {
			from, before := b.from, b.before
			end := max(min(before, int64(len(leaves))), from)
			var want, got []int64
			for _, e := range leaves {
				if e.Actor == actor && e.Seq >= from && e.Seq < end {
					want = append(want, e.Seq)
				}
			}
			look := audit.PrivateErasure{Ledger: client(1), From: from, Before: second(before), Actor: actor,
				Due: func(h ask.Erasable) bool { got = append(got, h.Seq); return false }}
			for rounds := 0; ; rounds++ {
				done, err := ledger.ErasePrivate(t.Context(), tx, look)
				if err != nil {
					t.Fatal(err)
				}
				if done.From != look.From || done.To < done.From || done.To > end || done.Done != (done.To == end) && done.Kept < 500 {
					t.Fatalf("%s from %d before %d: %+v", actor, look.From, before, done)
				}
				if done.Done {
					if done.To != end {
						t.Errorf("%s from %d before %d: it ends at %d, not %d", actor, from, before, done.To, end)
					}
					break
				}
				if done.To == done.From || rounds > 40 {
					t.Fatalf("%s from %d before %d: it goes on for ever at %d", actor, from, before, done.To)
				}
				look.From = done.To
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s from %d before %d (-want +got):\n%s", actor, from, before, diff)
			}
		}
	}
}
