package gateway_test

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// each runs a test in its own world, on both databases.
func each(t *testing.T, f func(t *testing.T, w *gatewaytest.World)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f(t, gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t))
	})
}

// events asks a client's ledger as its officer, oldest first, without the question
// itself.
func events(t *testing.T, w *gatewaytest.World, q gateway.EventQuery) []event.Event {
	t.Helper()
	q.Limit = 500
	list, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), q)
	if err != nil {
		t.Fatalf("asking the ledger: %v", err)
	}
	var kept []event.Event
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Action != event.Action(policy.ActionAuditQuery) {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// line is an event in short, for comparisons.
func line(e event.Event) string {
	return string(e.Action) + " " + string(e.Phase) + " " + string(e.Outcome) + " " + e.Reason
}

func lines(list []event.Event) []string {
	var s []string
	for _, e := range list {
		s = append(s, line(e))
	}
	return s
}

// wantDenied fails the test unless err is a denial for the reason.
func wantDenied(t *testing.T, err error, reason policy.Reason) {
	t.Helper()
	var denied *gateway.Denied
	if !errors.As(err, &denied) || denied.Reason != reason {
		t.Errorf("got %v, want denied: %s", err, reason)
	}
}

func wantConflict(t *testing.T, err error, kind gateway.ConflictKind) {
	t.Helper()
	var conflict *gateway.Conflict
	if !errors.As(err, &conflict) || conflict.Kind != kind {
		t.Errorf("got %v, want conflict: %s", err, kind)
	}
}

func wantInvalid(t *testing.T, err error, kind gateway.InvalidKind) {
	t.Helper()
	var invalid *gateway.Invalid
	if !errors.As(err, &invalid) || invalid.Kind != kind {
		t.Errorf("got %v, want invalid: %s", err, kind)
	}
}

func TestADocumentFromUploadToReading(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		for _, d := range documents {
			got, err := w.Read(t, w.Handler, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, gatewaytest.Content(d.Reference, 10_000)) {
				t.Errorf("%s: other bytes came back", d.Reference)
			}
		}
		want := []string{
			"document.receive grant allow allowed",
			"document.receive completed allow allowed",
			"document.read grant allow allowed",
			"document.read completed allow allowed",
		}
		got := events(t, w, gateway.EventQuery{Document: string(documents[0].ID)})
		if diff := cmp.Diff(want, lines(got)); diff != "" {
			t.Errorf("the ledger's account of the document (-want +got):\n%s", diff)
		}
		read := got[3]
		if read.Bytes != 10_000 || read.Grant != got[2].ID || read.Clause == "" || read.Version != 1 || read.Site != "tunis" {
			t.Errorf("the read is recorded as %+v", read)
		}
	})
}

func TestNoOneElseReads(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 1)
		d := documents[0].ID

		_, err := w.Read(t, w.Handler, d)
		wantDenied(t, err, policy.ReasonNotAssigned)

		a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, All: true})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Read(t, w.Handler, d)
		wantDenied(t, err, policy.ReasonNoLease)

		_, err = w.Gateway.Lease(t.Context(), w.Colleague, a.ID)
		wantDenied(t, err, policy.ReasonNotAssigned)
		_, err = w.Read(t, w.Colleague, d)
		wantDenied(t, err, policy.ReasonNotAssigned)

		if _, err := w.Gateway.Lease(t.Context(), w.Handler, a.ID); err != nil {
			t.Fatal(err)
		}
		for name, who := range map[string]gateway.Caller{"client system": w.System, "provider manager": w.ProviderManager,
			"contract manager": w.Manager, "compliance officer": w.Officer} {
			if _, err := w.Read(t, who, d); err == nil {
				t.Errorf("the %s read a document", name)
			}
		}
		for name, who := range map[string]gateway.Caller{"other provider": w.Stranger, "operator": w.Operator} {
			if _, err := w.Read(t, who, d); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("the %s got %v, want the answer for what does not exist", name, err)
			}
		}

		elsewhere := w.Handler
		elsewhere.Address = elsewhere.Address.Next().Next()
		if _, err := w.Read(t, elsewhere, d); err != nil {
			t.Errorf("inside the site: %v", err)
		}
		elsewhere.Address = gatewaytest.Outside
		_, err = w.Read(t, elsewhere, d)
		wantDenied(t, err, policy.ReasonSite)
	})
}

func TestAccessEndsAtOnce(t *testing.T) {
	ends := map[string]struct {
		end    func(t *testing.T, w *gatewaytest.World) error
		reason policy.Reason
	}{
		"suspension": {func(t *testing.T, w *gatewaytest.World) error {
			_, err := w.Gateway.SuspendContract(t.Context(), w.Manager, w.Contract, "incident")
			return err
		}, policy.ReasonContractSuspended},
		"termination": {func(t *testing.T, w *gatewaytest.World) error {
			_, err := w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "end")
			return err
		}, policy.ReasonContractTerminated},
		"end of the lease": {func(t *testing.T, w *gatewaytest.World) error {
			w.Clock.Advance(8 * 3600e9)
			return nil
		}, policy.ReasonLeaseExpired},
		"end of the contract": {func(t *testing.T, w *gatewaytest.World) error {
			w.Clock.Advance(2 * 366 * 24 * 3600e9)
			return nil
		}, policy.ReasonContractExpired},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
			replica := w.Replica(t)
			batch, documents := w.Sent(t, 1)
			w.Taken(t, batch)
			if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
				t.Fatal(err)
			}
			if err := end.end(t, w); err != nil {
				t.Fatal(err)
			}
			_, err := w.Read(t, w.Handler, documents[0].ID)
			wantDenied(t, err, end.reason)
			_, err = replica.Gateway.Open(t.Context(), w.Handler, documents[0].ID)
			wantDenied(t, err, end.reason)
		})
	}
}

func TestALeaverIsGoneWithOneCall(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		credential, err := w.Gateway.IssueCredential(t.Context(), w.Operator, w.Handler.Person)
		if err != nil {
			t.Fatal(err)
		}
		in := gateway.SignIn{Client: w.Handler.Person, Secret: credential.Secret}
		if err := w.Gateway.SignIn(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if err := w.Gateway.EndMember(t.Context(), w.Operator, w.Handler.Person); err != nil {
			t.Fatal(err)
		}
		if err := w.Gateway.SignIn(t.Context(), in); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("signing in after leaving: %v", err)
		}
		if _, err := w.Read(t, w.Handler, documents[0].ID); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("reading after leaving: %v", err)
		}
		// The documents of the leaver can be assigned to another person.
		if _, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Colleague.Person, All: true}); err != nil {
			t.Errorf("assigning the leaver's documents: %v", err)
		}
	})
}

func TestSignInRefusals(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{})
	good := w.OperatorCredential
	if err := w.Gateway.SignIn(t.Context(), gateway.SignIn{Client: good.Person, Secret: good.Secret}); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]gateway.SignIn{
		"wrong secret":   {Client: good.Person, Secret: good.Secret[:len(good.Secret)-1] + "_"},
		"no secret":      {Client: good.Person},
		"unknown person": {Client: "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", Secret: good.Secret},
		"no person":      {Secret: good.Secret},
	} {
		if err := w.Gateway.SignIn(t.Context(), in); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTwoPeopleMakeAContract(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		c, err := w.Gateway.ProposeContract(t.Context(), w.Manager, gatewaytest.Terms("MOTOR-2", w.Client, w.Provider))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Gateway.ApproveContract(t.Context(), w.Manager, c.ID, 1)
		wantDenied(t, err, policy.ReasonSamePerson)
		if _, err := w.Gateway.ApproveContract(t.Context(), w.Officer, c.ID, 1); err == nil {
			t.Error("a compliance officer approved a contract")
		}
		c, err = w.Gateway.ApproveContract(t.Context(), w.Approver, c.ID, 1)
		if err != nil || c.Status != policy.StatusActive {
			t.Fatalf("approving: %v, %+v", err, c)
		}
		third := w.Person(t, w.Client, "Tess Third", policy.RoleContractManager)
		_, err = w.Gateway.ApproveContract(t.Context(), third, c.ID, 1)
		wantConflict(t, err, gateway.ConflictState)
		terms := gatewaytest.Terms("MOTOR-2", w.Client, w.Provider)
		_, err = w.Gateway.ProposeContract(t.Context(), third, terms)
		wantConflict(t, err, gateway.ConflictReferenceTaken)
		_, err = w.Gateway.ProposeContract(t.Context(), w.Manager, append(terms, "# another\n"...))
		wantConflict(t, err, gateway.ConflictReferenceTaken)
	})
}

func TestTermsThatCannotBeApproved(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	terms := func(change func(string) string) []byte {
		return []byte(change(string(gatewaytest.Terms("X-1", w.Client, w.Provider))))
	}
	_, err := w.Gateway.ProposeContract(t.Context(), w.Manager, terms(func(s string) string { return s + "unknown: 1\n" }))
	wantInvalid(t, err, gateway.InvalidTerms)

	for name, c := range map[string]struct {
		reference, from, to string
		kind                gateway.InvalidKind
	}{
		"incomplete":    {"X-2", "purpose: Index motor claim files\n", "", gateway.InvalidIncomplete},
		"unenforceable": {"X-3", "max-bytes: 1048576}", "max-bytes: 1048576, delivery: sealed}", gateway.InvalidUnenforceable},
	} {
		text := bytes.Replace(gatewaytest.Terms(c.reference, w.Client, w.Provider), []byte(c.from), []byte(c.to), 1)
		contract, err := w.Gateway.ProposeContract(t.Context(), w.Manager, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = w.Gateway.ApproveContract(t.Context(), w.Approver, contract.ID, 1)
		wantInvalid(t, err, c.kind)
	}
}

func TestCeilingsHoldInParallel(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		text := bytes.Replace(gatewaytest.Terms("CEILING-1", w.Client, w.Provider), []byte("documents-per-day: 100"), []byte("documents-per-day: 10"), 1)
		w.Contract = w.NewContract(t, text)
		w.Join(t, w.Contract)
		batch, documents := w.Sent(t, 25)
		w.Taken(t, batch)
		errs := make(chan error)
		for _, d := range documents {
			go func() {
				content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
				if err == nil {
					err = content.Send(t.Context(), io.Discard)
				}
				errs <- err
			}()
		}
		granted := 0
		for range 25 {
			if err := <-errs; err == nil {
				granted++
			} else {
				wantDenied(t, err, policy.ReasonCeilingDocuments)
			}
		}
		if granted != 10 {
			t.Errorf("%d reads were granted, the ceiling is 10", granted)
		}
	})
}

func TestListsShowNothingOfOthers(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, _ := w.Sent(t, 1)
		for _, who := range []gateway.Caller{w.System, w.ProviderManager, w.Handler} {
			list, _, err := w.Gateway.Batches(t.Context(), who, gateway.BatchFilter{}, gateway.Page{})
			if err != nil || len(list) != 1 || list[0].ID != batch {
				t.Errorf("a party's batches: %v, %v", list, err)
			}
		}
		for _, who := range []gateway.Caller{w.Stranger, w.Operator, w.Officer} {
			list, _, err := w.Gateway.Batches(t.Context(), who, gateway.BatchFilter{}, gateway.Page{})
			if err != nil || len(list) != 0 {
				t.Errorf("another's batches: %v, %v", list, err)
			}
			if _, err := w.Gateway.Batch(t.Context(), who, batch); err == nil {
				t.Errorf("%s read the batch", who.Person)
			}
		}
		contracts, _, err := w.Gateway.Contracts(t.Context(), w.Stranger, gateway.Page{})
		if err != nil || len(contracts) != 1 || contracts[0].ID == w.Contract {
			t.Errorf("another provider's contracts: %v, %v", contracts, err)
		}
		mine, _, err := w.Gateway.Documents(t.Context(), w.Handler, batch, gateway.Page{})
		if err != nil || len(mine) != 0 {
			t.Errorf("a handler sees documents that were not assigned: %v, %v", mine, err)
		}
		w.Taken(t, batch)
		mine, _, err = w.Gateway.Documents(t.Context(), w.Handler, batch, gateway.Page{})
		if err != nil || len(mine) != 1 {
			t.Errorf("a handler's assigned documents: %v, %v", mine, err)
		}
	})
}

func TestSuspensionStopsListingsToo(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, _ := w.Sent(t, 1)
	w.Taken(t, batch)
	if _, err := w.Gateway.SuspendContract(t.Context(), w.Manager, w.Contract, "incident"); err != nil {
		t.Fatal(err)
	}
	list, _, err := w.Gateway.Batches(t.Context(), w.Handler, gateway.BatchFilter{}, gateway.Page{})
	if err != nil || len(list) != 0 {
		t.Errorf("batches under a suspended contract: %v, %v", list, err)
	}
	assignments, _, err := w.Gateway.Assignments(t.Context(), w.Handler, gateway.Page{})
	if err != nil || len(assignments) != 0 {
		t.Errorf("assignments under a suspended contract: %v, %v", assignments, err)
	}
}

func TestTheLedgerIsForItsOwnOfficers(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	for _, who := range []gateway.Caller{w.Stranger, w.Handler, w.System, w.Operator} {
		if _, _, err := w.Gateway.AuditEvents(t.Context(), who, string(w.Client), gateway.EventQuery{}); err == nil {
			t.Errorf("%s asked a ledger that is not theirs", who.Person)
		}
	}
	if _, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, "operator", gateway.EventQuery{}); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("a client's officer asked the operator's ledger: %v", err)
	}
	// The ledger has the refusals, and also the question.
	list, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), gateway.EventQuery{Outcome: event.OutcomeDeny})
	if err != nil || len(list) != 4 {
		t.Errorf("denials: %v, %v", lines(list), err)
	}
	asked, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client),
		gateway.EventQuery{Action: event.Action(policy.ActionAuditQuery), Outcome: event.OutcomeAllow})
	if err != nil || len(asked) != 2 {
		t.Errorf("questions: %v, %v", lines(asked), err)
	}
}

// Package policy and the ledger have two lists of actions, because neither package may
// know the other. Every action is in both.
func TestEveryActionIsInTheCatalogue(t *testing.T) {
	known := map[string]bool{}
	for _, entry := range event.Catalogue() {
		known[string(entry.Action)] = true
	}
	can := map[string]bool{}
	for _, action := range policy.Actions() {
		can[string(action)] = true
	}
	source, err := parser.ParseFile(token.NewFileSet(), "../policy/action.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	actions := 0
	ast.Inspect(source, func(n ast.Node) bool {
		constants, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range constants.Values {
			text, ok := value.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING {
				t.Errorf("%v is declared without its word", constants.Names)
				continue
			}
			actions++
			action, _ := strconv.Unquote(text.Value)
			if !known[action] {
				t.Errorf("%s is missing from the ledger's catalogue", action)
			}
			delete(can, action)
		}
		return false
	})
	if actions < 20 || len(can) > 0 {
		t.Errorf("found %d actions in package policy, and not %v", actions, can)
	}
}
