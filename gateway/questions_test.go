package gateway_test

import (
	"encoding/csv"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// A provider's compliance officer sees in the client's ledger what the provider's people
// did, and nothing else, however the question is asked.
func TestProviderComplianceSeesItsOwnPeople(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t)
		watcher := w.Member(t, w.Contract, w.Provider, "Prune Provider", policy.RoleProviderCompliance)
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Fatal(err)
		}
		ledger := string(w.Client)
		for name, q := range map[string]gateway.LedgerQuestion{
			"all":       {},
			"who-read":  {Question: "who-read", Query: gateway.EventQuery{Document: string(documents[0].ID)}},
			"its own":   {Query: gateway.EventQuery{Organisation: string(w.Provider)}},
			"a handler": {Question: "activity-of", Query: gateway.EventQuery{Actor: string(w.Handler.Person)}},
		} {
			answer, err := w.Gateway.AskLedger(t.Context(), watcher, ledger, q)
			if err != nil || len(answer.Events) == 0 {
				t.Errorf("%s: %d events, %v", name, len(answer.Events), err)
			}
			for _, e := range answer.Events {
				if e.Organisation != string(w.Provider) {
					t.Errorf("%s: saw %s of %s", name, e.Action, e.Organisation)
				}
			}
			if answer.Names[string(w.System.Person)] != "" || answer.Names[string(w.Manager.Person)] != "" {
				t.Errorf("%s: saw the name of a person of the client: %v", name, answer.Names)
			}
		}
		for name, q := range map[string]gateway.LedgerQuestion{
			"the client's people": {Query: gateway.EventQuery{Organisation: string(w.Client)}},
			"the client's system": {Question: "activity-of", Query: gateway.EventQuery{Actor: string(w.System.Person)}},
			"changes of access":   {Question: "access-changes"},
		} {
			if answer, err := w.Gateway.AskLedger(t.Context(), watcher, ledger, q); err != nil || len(answer.Events) != 0 {
				t.Errorf("%s: %d events, %v", name, len(answer.Events), err)
			}
		}
		all, _, err := w.Gateway.CountEvents(t.Context(), w.Officer, ledger, gateway.EventQuery{})
		if err != nil {
			t.Fatal(err)
		}
		own, _, err := w.Gateway.CountEvents(t.Context(), watcher, ledger, gateway.EventQuery{})
		if err != nil || own == 0 || own >= all {
			t.Errorf("counted %d of %d, %v", own, all, err)
		}
		events, err := w.Gateway.ExportEvents(t.Context(), watcher, ledger, gateway.EventQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range events {
			if err != nil || e.Organisation != string(w.Provider) {
				t.Errorf("exported %s of %s, %v", e.Action, e.Organisation, err)
			}
		}
		for name, refused := range map[string]error{
			"a handler":            askAs(t, w, w.Handler, ledger),
			"another's checkpoint": func() error { _, err := w.Gateway.Checkpoint(t.Context(), watcher, ledger); return err }(),
			"the operator's":       askAs(t, w, watcher, "operator"),
		} {
			if refused == nil {
				t.Errorf("%s: allowed", name)
			}
		}
	})
}

func askAs(t *testing.T, w *gatewaytest.World, who gateway.Caller, ledger string) error {
	t.Helper()
	_, err := w.Gateway.AskLedger(t.Context(), who, ledger, gateway.LedgerQuestion{})
	return err
}

// When the role on the contract ends, the view into the client's ledger ends. A role with
// one client shows nothing of another.
func TestProviderComplianceEndsWithTheRole(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	watcher := w.Person(t, w.Provider, "Prune Provider")
	m, err := w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract, gateway.NewMembership{Person: watcher.Person, Role: policy.RoleProviderCompliance})
	if err != nil {
		t.Fatal(err)
	}
	other := w.Organisation(t, gateway.KindClient, "Banque Test")
	if err := askAs(t, w, watcher, string(w.Client)); err != nil {
		t.Fatal(err)
	}
	if err := askAs(t, w, watcher, string(other)); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("another client's ledger: %v", err)
	}
	if err := w.Gateway.EndRole(t.Context(), w.Manager, w.Contract, m.ID); err != nil {
		t.Fatal(err)
	}
	if err := askAs(t, w, watcher, string(w.Client)); err == nil {
		t.Error("asked after the role had ended")
	}
}

// An auditor comes for a time: the duty needs an end, and the view ends with it.
func TestAnAuditorStaysForATime(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	auditor := gateway.NewMember{Name: "Ada Auditor", Duties: []policy.Role{policy.RoleAuditor}}
	var invalid *gateway.Invalid
	if _, err := w.Gateway.AddMember(t.Context(), w.Operator, w.Client, auditor); !errors.As(err, &invalid) || invalid.Field != "until" {
		t.Fatalf("without an end: %v", err)
	}
	auditor.Until = w.Clock.Now().Add(24 * time.Hour)
	m, err := w.Gateway.AddMember(t.Context(), w.Operator, w.Client, auditor)
	if err != nil {
		t.Fatal(err)
	}
	who := w.Officer
	who.Person = m.ID
	if err := askAs(t, w, who, string(w.Client)); err != nil {
		t.Errorf("within the time: %v", err)
	}
	w.Clock.Advance(24 * time.Hour)
	if err := askAs(t, w, who, string(w.Client)); err == nil {
		t.Error("asked after the time")
	}
}

// Names come from the present directory. They stand beside the identifiers, and never
// replace them.
func TestNamesAreResolved(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t)
		w.Sent(t, 1)
		q := gateway.LedgerQuestion{Query: gateway.EventQuery{Action: "document.receive"}}
		answer, err := w.Gateway.AskLedger(t.Context(), w.Officer, string(w.Client), q)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{string(w.System.Person): "Claims system", string(w.Client): "Assurances Test", string(w.Provider): "Provider One"}
		if diff := cmp.Diff(want, answer.Names); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if _, err := db.Writer().ExecContext(t.Context(), `UPDATE person SET name = '' WHERE id = $1`, string(w.System.Person)); err != nil {
			t.Fatal(err)
		}
		answer, err = w.Gateway.AskLedger(t.Context(), w.Officer, string(w.Client), q)
		if _, there := answer.Names[string(w.System.Person)]; err != nil || there || len(answer.Events) == 0 {
			t.Errorf("after the erasure: %v, %v", answer.Names, err)
		}
	})
}

// The ledger has the question, with its name, its parameters and the person who asks,
// before the answer.
func TestQuestionsAreRecorded(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	g, ctx, ledger := w.Gateway, t.Context(), string(w.Client)
	if _, err := g.AskLedger(ctx, w.Officer, ledger, gateway.LedgerQuestion{Question: "denials", Which: "first"}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.ExportEvents(ctx, w.Officer, ledger, gateway.EventQuery{Reason: "no-lease"}); err != nil { // not even read
		t.Fatal(err)
	}
	questions, err := g.Questions(ctx, w.Officer)
	if err != nil || len(questions) < 9 {
		t.Fatalf("%d questions, %v", len(questions), err)
	}
	answer, err := g.AskLedger(ctx, w.Officer, ledger, gateway.LedgerQuestion{Question: "audit-of-audit"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range answer.Events {
		got = append(got, string(e.Action))
	}
	if diff := cmp.Diff([]string{"audit.query", "audit.export", "audit.query"}, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	if asked := answer.Events[2].Private["question"]; !strings.Contains(asked, `"denials"`) || !strings.Contains(asked, `"first"`) {
		t.Errorf("recorded %s", asked)
	}
	if asked := answer.Events[1].Private["question"]; !strings.Contains(asked, `"no-lease"`) {
		t.Errorf("recorded %s", asked)
	}
}

// No spreadsheet takes a cell for a formula, whatever text the ledger contains. Numbers
// stay numbers.
func TestCSVHoldsNoFormula(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\ttab", "\rreturn", `a"quote`, "a,comma", "a\nline", "\nline", "＝1", " =1", ""} {
		var out strings.Builder
		err := gateway.WriteCSV(&out, func(yield func(event.Event, error) bool) {
			yield(event.Event{Actor: text, Site: text, Length: -1}, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%q: %d lines, %v", text, len(lines), err)
		}
		for i, column := range lines[0] {
			cell := lines[1][i]
			switch {
			case column == "length" && cell != "-1":
				t.Errorf("the length became %q", cell)
			case column != "length" && cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n"):
				t.Errorf("%s is the formula %q", column, cell)
			case column == "actor" && strings.ReplaceAll(cell, "'", "") != text:
				t.Errorf("%q became %q", text, cell)
			}
		}
	}
}

// No part of a cell is a formula, even if the file is split at another character or
// quotes are not known.
func TestCSVHoldsNoFormulaHoweverItIsSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	alphabet := []rune("=+-@＝＋－＠,;|\t\r\n\"' ax1")
	for range 5000 {
		text := make([]rune, r.IntN(12))
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		var out strings.Builder
		if err := gateway.WriteCSV(&out, func(yield func(event.Event, error) bool) { yield(event.Event{Site: string(text)}, nil) }); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%q: %d lines, %v", string(text), len(lines), err)
		}
		cell := lines[1][slices.Index(lines[0], "site")]
		for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(",;|\t\r\n\"", r) }) {
			if part = strings.TrimLeft(part, " "); part != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(part)[0]) {
				t.Fatalf("%q became %q, of which %q is a formula", string(text), cell, part)
			}
		}
	}
}

// An export that fails in the middle says so.
func TestCSVIsWholeOrFails(t *testing.T) {
	broken := errors.New("broken")
	err := gateway.WriteCSV(&strings.Builder{}, func(yield func(event.Event, error) bool) {
		_ = yield(event.Event{}, nil) && yield(event.Event{}, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// An event of the provider's people can concern one of the client's people. It is shown
// without their name.
func TestProviderComplianceLearnsNoNamesOfTheClient(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	watcher := w.Member(t, w.Contract, w.Provider, "Prune Provider", policy.RoleProviderCompliance)
	if err := w.Gateway.EndMember(t.Context(), w.Handler, w.Manager.Person); err == nil {
		t.Fatal("a handler ended a member of the client")
	}
	answer, err := w.Gateway.AskLedger(t.Context(), watcher, string(w.Client),
		gateway.LedgerQuestion{Query: gateway.EventQuery{Action: event.Action(policy.ActionMemberLeave)}})
	if err != nil || len(answer.Events) != 1 || answer.Events[0].Subject != string(w.Manager.Person) {
		t.Fatalf("%v, %v", lines(answer.Events), err)
	}
	if answer.Names[string(w.Handler.Person)] == "" || answer.Names[string(w.Manager.Person)] != "" {
		t.Errorf("names: %v", answer.Names)
	}
}
