package audit_test

import (
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
)

// A question with a filter that it rules out finds nothing, and reads no index rows, of
// which a large ledger has many.
func TestAQuestionThatRulesOutItsFilter(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, _, reads *faults) {
		ledger := open(t, c)
		fullBlocks(t, db, ledger)
		var looks int
		seen := func(query string) {
			if strings.Contains(query, "FROM audit_index") {
				looks++
			}
		}
		reads.seen.Store(&seen)
		for _, a := range []ask.Ask{
			{Question: "denials", Query: ask.Query{Outcome: event.OutcomeAllow}},
			{Question: "denials", Query: ask.Query{Outcome: event.OutcomeAllow, Actor: "p_1"}},
			{Question: "repeated-denials", Query: ask.Query{Outcome: event.OutcomeAllow}},
			{Question: "expired-still-asked", Query: ask.Query{Outcome: event.OutcomeAllow}},
			{Question: "access-changes", Query: ask.Query{Kind: event.KindContent}},
			{Question: "audit-of-audit", Query: ask.Query{Kind: event.KindContent}},
			{Question: "who-read", Query: ask.Query{Action: "batch.read", Batch: "b_1"}},
			{Question: "most-read", Query: ask.Query{Action: "batch.read", Batch: "b_1"}},
			{Question: "most-reading", Query: ask.Query{Action: "batch.read", Batch: "b_1"}},
		} {
			a.Ledger = client(1)
			looks = 0
			answer, err := ledger.Ask(t.Context(), a)
			if err != nil || len(answer.Events) > 0 || len(answer.Groups) > 0 || answer.Next != "" {
				t.Errorf("%s: %+v, %v", a.Question, answer, err)
			}
			if looks > 0 {
				t.Errorf("%s looked at postings %d times", a.Question, looks)
			}
		}
		// What is found is found by them: this counts.
		answer, err := ledger.Ask(t.Context(), ask.Ask{Question: "activity-of", Query: ask.Query{Ledger: client(1), Actor: "p_1"}})
		if err != nil || len(answer.Events) == 0 || looks == 0 {
			t.Errorf("activity-of: %d events by %d looks at postings, %v", len(answer.Events), looks, err)
		}
	})
}
