package gateway_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// Ceilings count what was read. A contract with a ceiling of two and a half documents'
// bytes lets each person read two a day. A refused read counts nothing: a document that
// still fits is read.
func TestCeilingsCountTheBytesThatWereSent(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, changed(w, "bytes-per-day: 1099511627776", "bytes-per-day: 25000"), time.Time{})
		w.Clock.Advance(time.Minute)
		batch, documents := w.Sent(t, 3)
		small := w.Open(t, "lot-small")
		fits, _ := w.Upload(t, small, "fits", gatewaytest.Content("fits", 5000))
		over, _ := w.Upload(t, small, "over", gatewaytest.Content("over", 1))
		w.Seal(t, small, []gateway.Document{fits, over})
		w.Taken(t, batch)
		w.Taken(t, small)
		for _, d := range documents[:2] {
			for range 50 { // neither counts
				if _, err := w.Gateway.Head(t.Context(), w.Handler, d.ID); err != nil {
					t.Fatal(err)
				}
			}
			content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			content.Close()
			for _, p := range []gateway.Part{{Offset: 0, Length: 4000}, {Offset: 4000, Length: 6000}} {
				if _, err := readPart(t, w, d.ID, part(p.Offset, p.Length)); err != nil {
					t.Fatalf("%+v: %v", p, err)
				}
			}
		}
		wantRead(t, w, 2, 20_000)
		_, err := w.Read(t, w.Handler, documents[2].ID)
		wantDenied(t, err, policy.ReasonCeilingBytes)
		var denied *gateway.Denied
		if errors.As(err, &denied); denied.Ceiling == nil || denied.Ceiling.Limit != 25_000 || denied.Ceiling.Used != 20_000 || !denied.Ceiling.Resets.After(w.Clock.Now()) {
			t.Errorf("the refusal says %+v", denied.Ceiling)
		}
		_, err = readPart(t, w, documents[2].ID, part(0, 5001))
		wantDenied(t, err, policy.ReasonCeilingBytes)
		if _, err := w.Read(t, w.Handler, fits.ID); err != nil {
			t.Errorf("what still fits: %v", err)
		}
		_, err = w.Read(t, w.Handler, over.ID)
		wantDenied(t, err, policy.ReasonCeilingBytes)
		if _, err := w.Gateway.Head(t.Context(), w.Handler, over.ID); err != nil {
			t.Errorf("a head at the ceiling: %v", err)
		}
	})
}

// wantRead compares what the handler's ceilings count of this day.
func wantRead(t *testing.T, w *gatewaytest.World, documents, bytes int64) {
	t.Helper()
	var gotDocuments, gotBytes int64
	err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT documents, bytes FROM reading WHERE person = $1 ORDER BY day DESC LIMIT 1",
		string(w.Handler.Person)).Scan(&gotDocuments, &gotBytes)
	if err != nil || gotDocuments != documents || gotBytes != bytes {
		t.Errorf("counted: %d documents, %d bytes, %v; want %d and %d", gotDocuments, gotBytes, err, documents, bytes)
	}
}

// A document counts once a day, however often a part of it is read, and is read again at
// the ceiling. What was opened and not sent counts nothing.
func TestADocumentCountsOnceADay(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, changed(w, "documents-per-day: 100", "documents-per-day: 2"), time.Time{})
		w.Clock.Advance(time.Minute)
		batch, documents := w.Sent(t, 3)
		w.Taken(t, batch)
		content, err := w.Gateway.Open(t.Context(), w.Handler, documents[2].ID)
		if err != nil {
			t.Fatal(err)
		}
		content.Close()
		wantRead(t, w, 0, 0)
		for _, d := range documents[:2] {
			for range 3 {
				if _, err := readPart(t, w, d.ID, part(5, 10)); err != nil {
					t.Fatal(err)
				}
			}
		}
		wantRead(t, w, 2, 60)
		_, err = w.Read(t, w.Handler, documents[2].ID)
		wantDenied(t, err, policy.ReasonCeilingDocuments)
		var denied *gateway.Denied
		if errors.As(err, &denied); denied.Ceiling == nil || denied.Ceiling.Limit != 2 || denied.Ceiling.Used != 2 {
			t.Errorf("the refusal says %+v", denied.Ceiling)
		}
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Errorf("one of the two again: %v", err)
		}
		w.Clock.Advance(24 * time.Hour)
		taken, _, err := w.Gateway.Assignments(t.Context(), w.Handler, gateway.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range taken {
			if _, err := w.Gateway.Lease(t.Context(), w.Handler, a.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Read(t, w.Handler, documents[2].ID); err != nil {
			t.Errorf("on the next day: %v", err)
		}
		wantRead(t, w, 1, 10_000)
	})
}

// A download that breaks off counts the bytes that were sent.
func TestABrokenDownloadCountsWhatWasSent(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		d := readable(t, w, 5<<20)
		content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantRead(t, w, 1, 5<<20) // reserved whole
		if err := content.Send(t.Context(), &shortWriter{left: 100_000}); err == nil {
			t.Fatal("the broken download ended well")
		}
		wantRead(t, w, 1, 100_000)
	})
}

// shortWriter takes so many bytes and then fails.
type shortWriter struct{ left int }

func (s *shortWriter) Write(p []byte) (int, error) {
	if len(p) > s.left {
		n := s.left
		s.left = 0
		return n, errors.New("the line broke")
	}
	s.left -= len(p)
	return len(p), nil
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
