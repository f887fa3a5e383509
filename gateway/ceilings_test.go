package gateway_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// waysToRead are all ways to read a document. Ceilings count each of them as a read of
// the whole.
var waysToRead = map[string]func(t *testing.T, w *gatewaytest.World, id gateway.DocumentID) error{
	"whole": func(t *testing.T, w *gatewaytest.World, id gateway.DocumentID) error {
		_, err := w.Read(t, w.Handler, id)
		return err
	},
	"a part": func(t *testing.T, w *gatewaytest.World, id gateway.DocumentID) error {
		_, err := readPart(t, w, id, part(5, 1))
		return err
	},
	"its head": func(t *testing.T, w *gatewaytest.World, id gateway.DocumentID) error {
		_, err := w.Gateway.Head(t.Context(), w.Handler, id)
		return err
	},
	"opened and not taken": func(t *testing.T, w *gatewaytest.World, id gateway.DocumentID) error {
		content, err := w.Gateway.Open(t.Context(), w.Handler, id)
		if err == nil {
			content.Close()
		}
		return err
	},
}

// A contract with a ceiling of two and a half documents' bytes lets each person read two
// a day, in any way. A refused read counts nothing: a document that still fits is read.
func TestEveryWayToReadCountsBytes(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, changed(w, "bytes-per-day: 1099511627776", "bytes-per-day: 25000"), time.Time{})
		w.Clock.Advance(time.Minute)
		batch, documents := w.Sent(t, 3)
		small := w.Open(t, "lot-small")
		fits, _ := w.Upload(t, small, "fits", gatewaytest.Content("fits", 5000))
		over, _ := w.Upload(t, small, "over", gatewaytest.Content("over", 1))
		w.Seal(t, small, []gateway.Document{fits, over})
		taken := []gateway.Assignment{w.Taken(t, batch), w.Taken(t, small)}
		for name, read := range waysToRead {
			w.Clock.Advance(24 * time.Hour) // each way begins with a new day
			for _, a := range taken {
				if _, err := w.Gateway.Lease(t.Context(), w.Handler, a.ID); err != nil {
					t.Fatal(err)
				}
			}
			for _, d := range documents[:2] {
				if err := read(t, w, d.ID); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			for second, again := range waysToRead {
				if err := again(t, w, documents[2].ID); err == nil {
					t.Errorf("%s, twice, then %s: 30,000 bytes were read, the ceiling is 25,000", name, second)
				} else {
					wantDenied(t, err, policy.ReasonCeilingBytes)
				}
			}
			if err := read(t, w, fits.ID); err != nil {
				t.Errorf("%s: what still fits: %v", name, err)
			}
			wantDenied(t, read(t, w, over.ID), policy.ReasonCeilingBytes)
		}
	})
}

// The ceiling of documents holds in the same way.
func TestEveryWayToReadCountsDocuments(t *testing.T) {
	for name, read := range waysToRead {
		w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
		amend(t, w, changed(w, "documents-per-day: 100", "documents-per-day: 2"), time.Time{})
		w.Clock.Advance(time.Minute)
		batch, documents := w.Sent(t, 3)
		w.Taken(t, batch)
		for _, d := range documents[:2] {
			if err := read(t, w, d.ID); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := read(t, w, documents[2].ID); err == nil {
			t.Errorf("%s: a third document, the ceiling is two", name)
		} else {
			wantDenied(t, err, policy.ReasonCeilingDocuments)
		}
	}
}

// A ceiling counts for each person and each contract. One person's reads do not count for
// another person, nor under another contract.
func TestCeilingsAreOfOnePersonUnderOneContract(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		text := bytes.ReplaceAll(gatewaytest.Terms("CEILING-1", w.Client, w.Provider), []byte("documents-per-day: 100"), []byte("documents-per-day: 1"))
		one := w.NewContract(t, text)
		two := w.NewContract(t, bytes.ReplaceAll(text, []byte("CEILING-1"), []byte("CEILING-2")))
		w.Join(t, one)
		w.Join(t, two)
		read := func(contract gateway.ContractID, who gateway.Caller) {
			t.Helper()
			w.Contract = contract
			batch, documents := w.Sent(t, 2)
			a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: who.Person, All: true})
			if err == nil {
				_, err = w.Gateway.Lease(t.Context(), who, a.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Read(t, who, documents[0].ID); err != nil {
				t.Errorf("the first document of %s under %s: %v", who.Person, contract, err)
			}
			_, err = w.Read(t, who, documents[1].ID)
			wantDenied(t, err, policy.ReasonCeilingDocuments)
		}
		read(one, w.Handler)
		read(one, w.Colleague)
		read(two, w.Handler)
	})
}

// A running download has reserved its bytes. It is decided again on the way, and its own
// reservation does not cut it.
func TestARunningDownloadIsNotCutByItsOwnReservation(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	const size = 5 << 20
	amend(t, w, changed(w, "documents-per-day: 100", "documents-per-day: 1", "bytes-per-day: 1099511627776", "bytes-per-day: 5242880"), time.Time{})
	w.Clock.Advance(time.Minute)
	d := readable(t, w, size)
	content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	err = content.Send(t.Context(), writerFunc(func(p []byte) {
		sent += len(p)
		w.Clock.Advance(6 * time.Second) // so that every piece is decided about
	}))
	if err != nil || sent != size {
		t.Errorf("%d of %d bytes left, then %v", sent, size, err)
	}
	ended := events(t, w, gateway.EventQuery{Document: string(d.ID), Action: "document.read"})
	if len(ended) != 2 || ended[1].Phase != event.PhaseCompleted {
		t.Errorf("the ledger says %v", lines(ended))
	}
}
