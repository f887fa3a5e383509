package audit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// SQLite, which has no statistics, reads along the index that leaves least, whatever else is asked, and never sorts.
func TestSQLiteTakesTheNarrowestIndex(t *testing.T) {
	db := databasetest.SQLite(t)
	migrate(t, db)
	ledger := open(t, config(db))
	week := func(q audit.Query) audit.Query {
		q.From, q.To = noon, noon.Add(7*24*time.Hour)
		return q
	}
	for _, tt := range []struct {
		query audit.Query
		index string
	}{
		{audit.Query{}, "sqlite_autoindex_audit_event_1"},
		{audit.Query{Actor: "p"}, "audit_event_actor"},
		{audit.Query{Contract: "c"}, "audit_event_contract"},
		{audit.Query{Provider: "o"}, "audit_event_provider"},
		{audit.Query{Batch: "b"}, "audit_event_batch"},
		{audit.Query{Document: "d"}, "audit_event_document"},
		{audit.Query{Organisation: "o"}, "audit_event_organisation"},
		{audit.Query{Site: "s"}, "audit_event_site"},
		{audit.Query{Country: "FR"}, "audit_event_country"},
		{audit.Query{Role: "auditor"}, "audit_event_role"},
		{audit.Query{Action: "role.grant"}, "audit_event_rare_action"},
		{audit.Query{Action: "document.inspect"}, "audit_event_rare_action"},
		{audit.Query{Kind: event.KindAudit}, "audit_event_kind"},
		{audit.Query{Reason: "site"}, "audit_event_reason"},
		{audit.Query{Phase: event.PhaseAborted}, "audit_event_phase"},
		{audit.Query{Outcome: event.OutcomeDeny}, "audit_event_refused"},
		{audit.Query{Outcome: event.OutcomeError}, "audit_event_refused"},

		{audit.Query{Document: "d", Organisation: "o", Actor: "p", Kind: event.KindAudit, Outcome: event.OutcomeDeny}, "audit_event_document"},
		{audit.Query{Document: "d", Batch: "b"}, "audit_event_document"},
		{audit.Query{Batch: "b", Actor: "p", Contract: "c", Country: "FR"}, "audit_event_batch"},
		{audit.Query{Actor: "p", Contract: "c", Organisation: "o", Provider: "o", Site: "s"}, "audit_event_actor"},
		{audit.Query{Contract: "c", Organisation: "o", Country: "FR"}, "audit_event_contract"},
		{audit.Query{Actor: "p", Outcome: event.OutcomeDeny}, "audit_event_denied"},
		{audit.Query{Contract: "c", Outcome: event.OutcomeDeny, Organisation: "o"}, "audit_event_denied_contract"},
		{audit.Query{Organisation: "o", Outcome: event.OutcomeDeny}, "audit_event_denied_organisation"},
		{audit.Query{Provider: "o", Outcome: event.OutcomeDeny}, "audit_event_refused"},
		{audit.Query{Site: "s", Country: "FR", Outcome: event.OutcomeError}, "audit_event_refused"},
		{week(audit.Query{Actor: "p", Country: "FR"}), "audit_event_actor"},
		{week(audit.Query{Provider: "o", Action: "document.receive"}), "audit_event_provider"},
	} {
		tt.query.Ledger = client(1)
		plan, err := ledger.Plan(t.Context(), tt.query)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(plan, "\n"); !strings.HasPrefix(first, "SEARCH audit_event USING INDEX "+tt.index+" (ledger=?") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%+v is answered by\n%s, want %s", tt.query, plan, tt.index)
		}
	}
}

// Sums that take too long are given up with a sentence that says what to do.
func TestSumsHaveALimit(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		c := config(db)
		c.SumLimit = 1 // a nanosecond
		ledger := open(t, c)
		_, err := ledger.Ask(t.Context(), audit.Ask{Question: "most-read", Query: audit.Query{Ledger: client(1)}})
		if !errors.Is(err, audit.ErrQuery) || !strings.Contains(err.Error(), "ask about less") {
			t.Errorf("got %v", err)
		}
	})
}
