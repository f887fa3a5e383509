package gateway_test

import (
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// No one can read an erased document, and some people could read it before. The answers
// agree with the reads.
func TestAnErasedDocumentIsReadableOnlyInThePast(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		before := w.Clock.Now()
		w.Clock.Advance(time.Minute)
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "asked for"); err != nil {
			t.Fatal(err)
		}
		_, err := w.Read(t, w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonDocumentState)

		who := func(about gateway.Subject) map[policy.Reason]int64 {
			t.Helper()
			answer, err := w.Gateway.Who(t.Context(), w.Officer, about)
			if err != nil {
				t.Fatal(err)
			}
			counted := map[policy.Reason]int64{}
			for _, r := range answer.List {
				counted[r.Decision.Reason] += r.Documents
			}
			return counted
		}
		if got := who(gateway.Subject{Document: documents[0].ID}); got[policy.ReasonDocumentState] != 1 || len(got) != 1 {
			t.Errorf("who reads the erased document: %v", got)
		}
		if got := who(gateway.Subject{Batch: batch}); got[policy.ReasonDocumentState] != 1 || got[policy.ReasonAllowed] != 1 {
			t.Errorf("who reads the batch: %v", got)
		}
		for at, allowed := range map[time.Time]int64{before: 2, w.Clock.Now(): 1} {
			answer, err := w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{At: at})
			if err != nil {
				t.Fatal(err)
			}
			var got int64
			for _, r := range answer.List {
				if r.Decision.Allowed {
					got += r.Documents
				}
			}
			if got != allowed {
				t.Errorf("at %v: %d documents could be read, want %d", at, got, allowed)
			}
		}
	})
}
