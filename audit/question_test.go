package audit_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// smallLedger is a ledger in which every named question has events to find and events to
// leave out. Each event happens at noon plus as many hours as its number.
func smallLedger(t *testing.T, db *database.DB) *audit.Ledger {
	t.Helper()
	migrate(t, db)
	c := config(db)
	c.Clock = func() time.Time { return noon.Add(time.Hour) }
	ledger := open(t, c)
	start(t, ledger)
	base := event.Event{Phase: event.PhaseState, Outcome: event.OutcomeAllow, Reason: "allowed", Organisation: "o_azur", Contract: "c_1",
		Provider: "o_azur", Batch: "b_1", Role: "handler", Site: "tunis", Country: "TN", Action: "document.read"}
	var grant string
	for n, change := range []func(*event.Event){
		func(e *event.Event) {
			e.Phase, e.Actor, e.Document, e.ID = event.PhaseGrant, "p_hana", "d_1", event.NewID()
			grant = e.ID
		}, // 0
		func(e *event.Event) { // 1
			e.Phase, e.Actor, e.Document, e.Grant, e.Bytes = event.PhaseCompleted, "p_hana", "d_1", grant, 700
		},
		func(e *event.Event) {
			e.Outcome, e.Reason, e.Actor, e.Document = event.OutcomeDeny, "site", "p_hugo", "d_1"
		}, // 2
		func(e *event.Event) {
			e.Outcome, e.Reason, e.Actor, e.Document = event.OutcomeDeny, "contract-expired", "p_hugo", "d_2"
		}, // 3
		func(e *event.Event) {
			e.Outcome, e.Reason, e.Actor, e.Document = event.OutcomeDeny, "no-lease", "p_hugo", "d_2"
		}, // 4
		func(e *event.Event) {
			e.Outcome, e.Reason, e.Actor, e.Document = event.OutcomeDeny, "hours", "p_hana", "d_2"
		}, // 5
		func(e *event.Event) { // 6
			e.Phase, e.Actor, e.Document, e.ID, e.Country, e.Site = event.PhaseGrant, "p_hana", "d_2", event.NewID(), "FR", "lyon"
			grant = e.ID
		},
		func(e *event.Event) {
			e.Phase, e.Actor, e.Document, e.Grant, e.Bytes = event.PhaseAborted, "p_hana", "d_2", grant, 50
		}, // 7
		func(e *event.Event) {
			e.Action, e.Actor, e.Organisation, e.Role = "role.grant", "p_mona", "o_client", "contract-manager"
		},
		func(e *event.Event) {
			e.Action, e.Actor, e.Organisation, e.Role = "audit.query", "p_odile", "o_client", "compliance-officer"
		},
		func(e *event.Event) {
			e.Action, e.Actor, e.Organisation, e.Role = "contract.read", "p_mona", "o_client", "contract-manager"
		},
		func(e *event.Event) { e.Action, e.Actor = "assignment.lease", "p_hana" }, // 11
		func(e *event.Event) {
			e.Phase, e.Actor, e.Document, e.ID = event.PhaseGrant, "p_hana", "d_1", event.NewID()
		}, // 12, runs
	} {
		e := base
		e.Occurred = noon.Add(time.Duration(n) * time.Hour)
		change(&e)
		if _, err := ledger.Append(t.Context(), client(1), e); err != nil {
			t.Fatal(err)
		}
	}
	e := base
	e.Actor, e.Document, e.Outcome = "p_hana", "d_1", event.OutcomeDeny
	if _, err := ledger.Append(t.Context(), client(2), e); err != nil { // another's ledger
		t.Fatal(err)
	}
	return ledger
}

func TestQuestionsAboutEvents(t *testing.T) {
	needs.Parallel(t)
	for name, tt := range map[string]struct {
		ask  ask.Ask
		want []int64
	}{
		"who-read document":        {ask.Ask{Question: "who-read", Query: ask.Query{Document: "d_1"}}, []int64{12, 1, 0}},
		"who-read batch by one":    {ask.Ask{Question: "who-read", Query: ask.Query{Batch: "b_1", Actor: "p_hana", Country: "FR"}}, []int64{6}},
		"activity-of":              {ask.Ask{Question: "activity-of", Query: ask.Query{Actor: "p_hugo"}}, []int64{4, 3, 2}},
		"denials":                  {ask.Ask{Question: "denials"}, []int64{5, 4, 3, 2}},
		"denials, the first ever":  {ask.Ask{Question: "denials", Which: "first"}, []int64{5, 2}},
		"denials that were none":   {ask.Ask{Question: "denials", Query: ask.Query{Outcome: event.OutcomeError}}, nil},
		"first ever, of a reason":  {ask.Ask{Question: "denials", Which: "first", Query: ask.Query{Reason: "hours"}}, []int64{5}},
		"outside, refused":         {ask.Ask{Question: "outside-hours-or-country"}, []int64{5, 2}},
		"outside the country":      {ask.Ask{Question: "outside-hours-or-country", Countries: []string{"TN"}}, []int64{6, 5, 2}},
		"outside hours":            {ask.Ask{Question: "outside-hours-or-country", Hours: "08:00-18:00"}, []int64{12, 6, 5, 2}},
		"outside hours, by night":  {ask.Ask{Question: "outside-hours-or-country", Hours: "18:00-02:00", Countries: []string{"tn", "fr"}}, []int64{5, 2, 0}},
		"outside hours in a zone":  {ask.Ask{Question: "outside-hours-or-country", Hours: "12:00-24:00", Zone: "Africa/Tunis"}, []int64{12, 5, 2}},
		"outside, after a cursor":  {ask.Ask{Question: "outside-hours-or-country", Countries: []string{"TN"}, Query: ask.Query{Cursor: "6"}}, []int64{5, 2}},
		"outside, since the start": {ask.Ask{Question: "outside-hours-or-country", Countries: []string{"TN"}, Query: ask.Query{From: noon}}, []int64{6, 5, 2}},
		"outside, too late":        {ask.Ask{Question: "outside-hours-or-country", Countries: []string{"TN"}, Query: ask.Query{From: noon.Add(9 * time.Hour)}}, nil},
		"access-changes":           {ask.Ask{Question: "access-changes"}, []int64{8}},
		"audit-of-audit":           {ask.Ask{Question: "audit-of-audit"}, []int64{9}},
	} {
		t.Run(name, func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				ledger := smallLedger(t, db)
				asked := tt.ask
				asked.Ledger = client(1)
				got, err := ledger.Ask(t.Context(), asked)
				if err != nil || got.Next != "" {
					t.Fatalf("next %q, %v", got.Next, err)
				}
				if diff := cmp.Diff(tt.want, numbers(got.Events)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

func TestQuestionsAboutSums(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := smallLedger(t, db)
		for question, want := range map[string][]ask.Group{
			"most-read":           {{Key: "d_1", Events: 2, Documents: 1, Actors: 1, Bytes: 700}, {Key: "d_2", Events: 1, Documents: 1, Actors: 1, Bytes: 50}},
			"most-reading":        {{Key: "p_hana", Events: 3, Documents: 2, Actors: 1, Bytes: 750}},
			"repeated-denials":    {{Key: "p_hugo", Events: 3, Documents: 2, Actors: 1}},
			"expired-still-asked": {{Key: "c_1", Events: 1, Documents: 1, Actors: 1}},
		} {
			got, err := ledger.Ask(t.Context(), ask.Ask{Question: question, Query: ask.Query{Ledger: client(1)}})
			if err != nil {
				t.Fatal(err)
			}
			for i := range got.Groups {
				if got.Groups[i].First.IsZero() || got.Groups[i].Last.Before(got.Groups[i].First) {
					t.Errorf("%s: from %s to %s", question, got.Groups[i].First, got.Groups[i].Last)
				}
				got.Groups[i].First, got.Groups[i].Last = time.Time{}, time.Time{}
			}
			if diff := cmp.Diff(want, got.Groups); diff != "" {
				t.Errorf("%s (-want +got):\n%s", question, diff)
			}
		}
		later, err := ledger.Ask(t.Context(), ask.Ask{Question: "most-read", Query: ask.Query{Ledger: client(1), From: noon.Add(2 * time.Hour)}})
		if err != nil || len(later.Groups) != 0 {
			t.Errorf("most-read after everything: %v, %v", later.Groups, err)
		}
		more, err := ledger.Ask(t.Context(), ask.Ask{Question: "repeated-denials", Least: 1, Query: ask.Query{Ledger: client(1)}})
		if err != nil || len(more.Groups) != 2 {
			t.Errorf("refused at least once: %v, %v", more.Groups, err)
		}
	})
}

// expired-still-asked counts every way in which a contract ends.
func TestEveryEndIsStillAskedFor(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		ledger := open(t, config(db))
		reasons := []string{"contract-expired", "contract-terminated", "contract-suspended", "contract-not-in-force", "contract-not-begun",
			"contract-exited", "wind-down-over", "no-lease", "site"}
		var events []event.Event
		for i, reason := range reasons {
			e := read(i)
			e.Ledger, e.Contract, e.Outcome, e.Reason, e.Occurred = client(1), "c_"+reason, event.OutcomeDeny, reason, noon
			events = append(events, e)
		}
		if err := ledger.NewFiller().Fill(t.Context(), events); err != nil {
			t.Fatal(err)
		}
		got, err := ledger.Ask(t.Context(), ask.Ask{Question: "expired-still-asked", Query: ask.Query{Ledger: client(1), From: noon}})
		if err != nil || len(got.Groups) != 7 {
			t.Errorf("%+v, %v", got.Groups, err)
		}
		for _, g := range got.Groups {
			if g.Key == "c_no-lease" || g.Key == "c_site" {
				t.Errorf("%s has not ended", g.Key)
			}
		}
	})
}

func TestQuestionsRefuse(t *testing.T) {
	each(t, func(t *testing.T, _ *database.DB, ledger *audit.Ledger) {
		for name, ask := range map[string]ask.Ask{
			"unknown question":    {Question: "who-knows"},
			"no question":         {},
			"nothing to read":     {Question: "who-read"},
			"nobody":              {Question: "activity-of"},
			"another's parameter": {Question: "most-read", Which: "first"},
			"which":               {Question: "denials", Which: "last"},
			"least":               {Question: "repeated-denials", Least: -1},
			"page of sums":        {Question: "most-read", Query: ask.Query{Cursor: "5"}},
			"hours":               {Question: "outside-hours-or-country", Hours: "8-18"},
			"no hours":            {Question: "outside-hours-or-country", Hours: "08:00-08:00"},
			"zone":                {Question: "outside-hours-or-country", Hours: "08:00-18:00", Zone: "Local"},
			"zone alone":          {Question: "outside-hours-or-country", Zone: "Europe/Paris"},
		} {
			ask.Ledger = client(1)
			if _, err := ledger.Ask(t.Context(), ask); !errors.Is(err, audit.ErrQuery) {
				t.Errorf("%s: %v, want ErrQuery", name, err)
			}
		}
		if _, err := ledger.Ask(t.Context(), ask.Ask{Question: "denials"}); !errors.Is(err, audit.ErrQuery) {
			t.Errorf("no ledger: %v", err)
		}
	})
}

func TestMoreFiltersAndCounts(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := smallLedger(t, db)
		for name, tt := range map[string]struct {
			query ask.Query
			want  []int64
		}{
			"site":          {ask.Query{Site: "lyon"}, []int64{6}},
			"country":       {ask.Query{Country: "FR"}, []int64{6}},
			"rare role":     {ask.Query{Role: "compliance-officer"}, []int64{9}},
			"common role":   {ask.Query{Role: "handler", Action: "assignment.lease"}, []int64{11}},
			"organisation":  {ask.Query{Organisation: "o_client"}, []int64{10, 9, 8}},
			"phase":         {ask.Query{Phase: event.PhaseGrant}, []int64{12, 6, 0}},
			"kind":          {ask.Query{Kind: event.KindAudit}, []int64{9}},
			"common kind":   {ask.Query{Kind: event.KindWork}, []int64{11, 10}},
			"common reason": {ask.Query{Reason: "allowed", Role: "contract-manager"}, []int64{10, 8}},
		} {
			tt.query.Ledger, tt.query.Limit = client(1), 1
			n, more, err := ledger.Count(t.Context(), tt.query)
			if err != nil || more || n != int64(len(tt.want)) {
				t.Errorf("%s: counted %d, more %t, %v", name, n, more, err)
			}
			tt.query.Limit = 0
			events, _, err := ledger.Query(t.Context(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, numbers(events)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}
