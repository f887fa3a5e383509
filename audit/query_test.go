package audit_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fillForQueries appends ten events, event n sequenced at noon + n minutes, and one to
// another ledger.
func fillForQueries(t *testing.T, db *database.DB) *audit.Ledger {
	t.Helper()
	migrate(t, db)
	now := noon
	c := config(db)
	c.Clock = func() time.Time { return now }
	var ledger *audit.Ledger
	var stop func()
	for n := range 10 {
		// The clock stands still while a sequencer runs.
		now = noon.Add(time.Duration(n) * time.Minute)
		ledger = open(t, c)
		stop = start(t, ledger)
		e := read(n)
		e.Batch, e.Contract, e.Provider = fmt.Sprintf("b_%d", n/5), fmt.Sprintf("c_%d", n/5), fmt.Sprintf("o_%d", n%2)
		if n%4 == 3 {
			e.Outcome, e.Reason, e.Action = event.OutcomeDeny, "no-lease", "document.inspect"
		}
		if n == 9 {
			e.Outcome = event.OutcomeError
		}
		mustAppend(t, ledger, db, client(1), e)
		stop()
	}
	ledger = open(t, c)
	start(t, ledger)
	mustAppend(t, ledger, db, client(2), read(1))
	return ledger
}

func TestQueryFilters(t *testing.T) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	cases := map[string]struct {
		query ask.Query
		want  []int64
	}{
		"all, the newest first":  {ask.Query{}, []int64{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}},
		"actor":                  {ask.Query{Actor: "p_1"}, []int64{7, 4, 1}},
		"document":               {ask.Query{Document: "d_4"}, []int64{4}},
		"batch":                  {ask.Query{Batch: "b_0"}, []int64{4, 3, 2, 1, 0}},
		"contract":               {ask.Query{Contract: "c_1"}, []int64{9, 8, 7, 6, 5}},
		"provider":               {ask.Query{Provider: "o_1"}, []int64{9, 7, 5, 3, 1}},
		"action":                 {ask.Query{Action: "document.inspect"}, []int64{7, 3}},
		"allowed":                {ask.Query{Outcome: event.OutcomeAllow}, []int64{8, 6, 5, 4, 2, 1, 0}},
		"refused":                {ask.Query{Outcome: event.OutcomeDeny}, []int64{7, 3}},
		"failed":                 {ask.Query{Outcome: event.OutcomeError}, []int64{9}},
		"reason":                 {ask.Query{Reason: "no-lease"}, []int64{7, 3}},
		"all of several filters": {ask.Query{Actor: "p_0", Contract: "c_0", Outcome: event.OutcomeDeny}, []int64{3}},
		"none of several":        {ask.Query{Actor: "p_1", Document: "d_3"}, nil},
		"from, included":         {ask.Query{From: minute(7)}, []int64{9, 8, 7}},
		"from between":           {ask.Query{From: minute(7).Add(time.Nanosecond)}, []int64{9, 8}},
		"from after all":         {ask.Query{From: minute(10)}, nil},
		"to, not included":       {ask.Query{To: minute(2)}, []int64{1, 0}},
		"to between":             {ask.Query{To: minute(2).Add(time.Nanosecond)}, []int64{2, 1, 0}},
		"to after all":           {ask.Query{To: minute(99), Actor: "p_1"}, []int64{7, 4, 1}},
		"to before all":          {ask.Query{To: minute(-1)}, nil},
		"from and to and filter": {ask.Query{From: minute(2), To: minute(8), Actor: "p_1"}, []int64{7, 4}},
		"cursor":                 {ask.Query{Cursor: "3"}, []int64{2, 1, 0}},
		"quotes are text":        {ask.Query{Actor: "p_1' OR '1'='1"}, nil},
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := fillForQueries(t, db)
		for name, c := range cases {
			c.query.Ledger = client(1)
			events, next, err := ledger.Query(t.Context(), c.query)
			if err != nil || next != "" {
				t.Errorf("%s: next %q, %v", name, next, err)
			}
			if diff := cmp.Diff(c.want, numbers(events)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestQueryPages(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := fillForQueries(t, db)
		for limit, want := range map[int][][]int64{
			2:   {{8, 6}, {5, 4}, {2, 1}, {0}},
			7:   {{8, 6, 5, 4, 2, 1, 0}},
			500: {{8, 6, 5, 4, 2, 1, 0}},
		} {
			var pages [][]int64
			for query := (ask.Query{Ledger: client(1), Outcome: event.OutcomeAllow, Limit: limit}); ; {
				events, next, err := ledger.Query(t.Context(), query)
				if err != nil {
					t.Fatal(err)
				}
				pages = append(pages, numbers(events))
				if next == "" {
					break
				}
				query.Cursor = next
			}
			if diff := cmp.Diff(want, pages); diff != "" {
				t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
			}
		}
	})
}

func TestQueryRefuses(t *testing.T) {
	each(t, func(t *testing.T, _ *database.DB, ledger *audit.Ledger) {
		for name, query := range map[string]ask.Query{
			"no ledger":       {},
			"all ledgers":     {Ledger: "%"},
			"negative limit":  {Ledger: client(1), Limit: -1},
			"limit too large": {Ledger: client(1), Limit: ask.MaxPage + 1},
			"cursor":          {Ledger: client(1), Cursor: "3; DROP TABLE audit_event"},
			"negative cursor": {Ledger: client(1), Cursor: "-1"},
		} {
			if events, _, err := ledger.Query(t.Context(), query); !errors.Is(err, audit.ErrQuery) {
				t.Errorf("%s: %d events, %v; want ErrQuery", name, len(events), err)
			}
		}
	})
}

func numbers(events []event.Event) []int64 {
	var seqs []int64
	for _, e := range events {
		seqs = append(seqs, e.Seq)
	}
	return seqs
}
