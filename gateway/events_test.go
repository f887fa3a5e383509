package gateway_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// An event records, as erasable data, the address and the client of the request where
// they are known. It leaves out what is not known.
func TestAnEventSaysFromWhereItWasAsked(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	for _, c := range []struct {
		address netip.Addr
		agent   string
		want    map[string]string
	}{
		{gatewaytest.Address, "a client/1.0", map[string]string{"address": "192.0.2.7", "user_agent": "a client/1.0"}},
		{netip.Addr{}, "", map[string]string{}},
	} {
		who := w.System
		who.Address, who.UserAgent = c.address, c.agent
		if _, err := w.Gateway.Batch(t.Context(), who, batch); err != nil {
			t.Fatal(err)
		}
		list := events(t, w, gateway.EventQuery{Action: "batch.read"})
		last := list[len(list)-1]
		for _, name := range []string{"address", "user_agent"} {
			got, ok := last.Private[name]
			if want, known := c.want[name]; got != want || ok != known {
				t.Errorf("%s is %q, %v; want %q, %v", name, got, ok, want, known)
			}
		}
		if last.Actor != string(who.Person) || last.Organisation != string(w.Client) || last.Auth != who.Auth || last.Request != who.Request {
			t.Errorf("%+v; want the event of %+v", last, who)
		}
	}
}

// The ledger of the person's own client records a list even if the list is empty.
func TestAnEmptyListStandsInTheOwnLedger(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	second := w.Organisation(t, gateway.KindClient, "Banque Test")
	who := w.Person(t, second, "Ulysse Unassigned")
	list, _, err := w.Gateway.Batches(t.Context(), who, gateway.BatchFilter{}, gateway.Page{})
	if err != nil || len(list) != 0 {
		t.Fatalf("%v, %v", list, err)
	}
	found, _, err := w.Ledger.Query(t.Context(), ask.Query{Ledger: string(second), Action: "batch.list", Actor: string(who.Person)})
	if err != nil || len(found) != 1 {
		t.Errorf("%v, %v", lines(found), err)
	}
	found, _, err = w.Ledger.Query(t.Context(), ask.Query{Ledger: string(w.Client), Actor: string(who.Person)})
	if err != nil || len(found) != 0 {
		t.Errorf("another client's ledger says %v, %v", lines(found), err)
	}
}

// An unknown person gets ErrNotFound, however they signed in, and the refusal is
// recorded.
func TestAPersonWhoIsNotKnownIsRefused(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	who := w.System
	who.Person = "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	if _, err := w.Gateway.Batch(t.Context(), who, batch); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
	refused := events(t, w, gateway.EventQuery{Batch: string(batch), Outcome: event.OutcomeDeny})
	if len(refused) != 1 || refused[0].Reason != "not-a-member" || refused[0].Actor != string(who.Person) {
		t.Errorf("the ledger says %v", lines(refused))
	}
}
