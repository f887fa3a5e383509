package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// withoutSequencing makes every round of the sequencer fail until the returned function
// is called. It works on SQLite.
func withoutSequencing(t *testing.T, w *gatewaytest.World) (again func()) {
	t.Helper()
	statement(t, w, `CREATE TRIGGER no_event BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'no event today'); END`)
	return func() { statement(t, w, `DROP TRIGGER no_event`) }
}

func statement(t *testing.T, w *gatewaytest.World, text string) {
	t.Helper()
	if _, err := w.Database.Writer().ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// A committed grant that was not confirmed in time releases nothing. The process lives
// on, so the gateway reports to the ledger that no end will follow, and the ledger closes
// the grant as unknown.
func TestAGrantThatWasNotConfirmedIsClosed(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{Lost: 500 * time.Millisecond}).World(t)
	d := readable(t, w, 10_000)
	again := withoutSequencing(t, w)
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := w.Gateway.Open(short, w.Handler, d.ID); !errors.Is(err, gateway.ErrUnavailable) {
		t.Fatalf("opened without a ledger: %v", err)
	}
	again()
	wantEnd(t, w, event.PhaseUnknown, "end-lost")
}

// The answer to the commit of a grant is lost, so that its outcome is unknown. The grant
// is recorded, and is closed as unknown.
func TestAGrantWhoseCommitWasLostIsClosed(t *testing.T) {
	proxy := databasetest.NewProxy(t, databasetest.PostgreSQLDSN(t))
	db := databasetest.Open(t, database.Config{PostgreSQL: proxy.DSN})
	w := gatewaytest.New(t, gatewaytest.Config{Database: db, Lost: 500 * time.Millisecond}).World(t)
	d := readable(t, w, 10_000)
	proxy.LoseNextCommit()
	if _, err := w.Gateway.Open(t.Context(), w.Handler, d.ID); !errors.Is(err, gateway.ErrUnavailable) {
		t.Fatalf("opened with a commit of unknown outcome: %v", err)
	}
	wantEnd(t, w, event.PhaseUnknown, "end-lost")
}

// ofTwoClients gives the handler a role under a contract of a second client, and returns
// that client.
func ofTwoClients(t *testing.T, w *gatewaytest.World) gateway.OrganisationID {
	t.Helper()
	second := *w
	second.Client = w.Organisation(t, gateway.KindClient, "Banque Test")
	second.Manager = w.Person(t, second.Client, "Marc Manager", policy.RoleContractManager)
	second.Approver = w.Person(t, second.Client, "Aude Approver", policy.RoleContractManager)
	contract := second.NewContract(t, gatewaytest.Terms("BANK-1", second.Client, w.Provider))
	_, err := w.Gateway.GrantRole(t.Context(), second.Manager, contract, gateway.NewMembership{Person: w.Handler.Person, Role: policy.RoleHandler})
	if err != nil {
		t.Fatal(err)
	}
	return second.Client
}

// An act about two clients is recorded in both ledgers, as two events of the same
// request: an event belongs to one ledger.
func TestAnActOfTwoClientsIsAnEventOfEach(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	second := ofTwoClients(t, w)
	list, _, err := w.Gateway.Contracts(t.Context(), w.Handler, gateway.Page{})
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	ids := map[string]gateway.OrganisationID{}
	for _, ledger := range []gateway.OrganisationID{w.Client, second} {
		events, _, err := w.Ledger.Query(t.Context(), ask.Query{Ledger: string(ledger), Action: "contract.list", Actor: string(w.Handler.Person)})
		if err != nil || len(events) != 1 || events[0].Request != w.Handler.Request {
			t.Fatalf("%s: %v, %v", ledger, lines(events), err)
		}
		if other, taken := ids[events[0].ID]; taken {
			t.Errorf("event %s stands in the ledgers of %s and %s", events[0].ID, other, ledger)
		}
		ids[events[0].ID] = ledger
	}
}

// An act of two ledgers is answered when both have its event. Here one of the two never
// has it.
func TestAnActWaitsForEveryLedgerItStandsIn(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	second := ofTwoClients(t, w)
	for _, lost := range []gateway.OrganisationID{w.Client, second} {
		statement(t, w, `CREATE TRIGGER lost AFTER INSERT ON audit_outbox WHEN NEW.ledger = '`+string(lost)+`'
			BEGIN DELETE FROM audit_outbox WHERE id = NEW.id; END`)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		if _, _, err := w.Gateway.Contracts(short, w.Handler, gateway.Page{}); !errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("contracts were listed, and the ledger of %s does not hold it: %v", lost, err)
		}
		cancel()
		statement(t, w, `DROP TRIGGER lost`)
	}
}

// An act also waits for its additional events: here for the upload that it takes over.
func TestAnActWaitsForItsAdditionalEvents(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	hold, result := held(t, w, batch)
	w.Clock.Advance(16 * time.Minute)
	statement(t, w, `CREATE TRIGGER lost AFTER INSERT ON audit_outbox WHEN CAST(NEW.body AS text) LIKE '%document.abandon%'
		BEGIN DELETE FROM audit_outbox WHERE id = NEW.id; END`)
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	content := gatewaytest.Content("held", 3000)
	if _, _, err := w.Gateway.Upload(short, w.System, gatewaytest.Incoming(batch, "held", content), bytes.NewReader(content)); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("taken over without a ledger that says so: %v", err)
	}
	statement(t, w, `DROP TRIGGER lost`)
	hold.Release()
	wantConflict(t, <-result, gateway.ConflictUploadAbandoned)
}

// An upload that was refused at its end is recorded without bytes, because none were
// kept.
func TestARefusedActMovesNoBytes(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	hold, result := held(t, w, batch)
	w.Clock.Advance(16 * time.Minute)
	if err := w.Gateway.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	hold.Release()
	wantConflict(t, <-result, gateway.ConflictUploadAbandoned)
	refused := events(t, w, gateway.EventQuery{Batch: string(batch), Outcome: event.OutcomeDeny})
	if len(refused) != 1 || line(refused[0]) != "document.receive completed deny conflict-upload-abandoned" || refused[0].Bytes != 0 {
		t.Errorf("the ledger says %v, %+v", lines(refused), refused)
	}
}
