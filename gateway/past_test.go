package gateway_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// chronicle records which reads of one document were allowed at the moments of a story.
// The test compares it with what Past says later.
type chronicle struct {
	w        *gatewaytest.World
	reader   gateway.Caller
	document gateway.DocumentID
	moments  []moment
}

type moment struct {
	at      time.Time
	step    string
	allowed bool
	version int64 // the version that allowed it
}

// try reads, records the outcome, and lets a minute pass.
func (c *chronicle) try(t *testing.T, step string) {
	t.Helper()
	m := moment{at: c.w.Clock.Now(), step: step}
	content, err := c.w.Gateway.Open(t.Context(), c.reader, c.document)
	var denied *gateway.Denied
	switch {
	case err == nil:
		m.allowed = true
		content.Close()
		if events := events(t, c.w, gateway.EventQuery{Document: string(c.document), Actor: string(c.reader.Person)}); len(events) > 0 {
			m.version = events[len(events)-1].Version
		}
	case !errors.As(err, &denied) && !errors.Is(err, gateway.ErrNotFound):
		t.Fatalf("%s: %v", step, err)
	}
	c.moments = append(c.moments, m)
	c.w.Clock.Advance(time.Minute)
}

// wantPast asks about every moment, long after.
func (c *chronicle) wantPast(t *testing.T, allowed ...bool) {
	t.Helper()
	c.w.Clock.Advance(1000 * time.Hour)
	for i, m := range c.moments {
		if m.allowed != allowed[i] {
			t.Errorf("%s: the read was allowed: %t", m.step, m.allowed)
		}
		answer, err := c.w.Gateway.Past(t.Context(), c.w.Officer, c.reader.Person, gateway.When{At: m.at})
		if err != nil {
			t.Fatal(err)
		}
		got := moment{at: m.at, step: m.step}
		for _, r := range answer.List {
			if r.Decision.Allowed {
				got.allowed, got.version = true, r.Version
			}
		}
		if diff := cmp.Diff(m, got, cmp.AllowUnexported(moment{})); diff != "" {
			t.Errorf("what happened -, what Past says +:\n%s", diff)
		}
	}
}

func (c *chronicle) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	c.w.Clock.Advance(time.Minute)
}

// An amendment whose date is after the end never comes into force. The version at the end
// decides in the wind-down.
func TestAnAmendmentAfterTheEndNeverDecides(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, wound(w), time.Time{})
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		c := chronicle{w: w, reader: w.Handler, document: documents[0].ID}
		amend(t, w, changed(w), w.Clock.Now().Add(2*time.Hour)) // without a wind-down
		c.try(t, "agreed, not in force")
		w.Clock.Advance(time.Hour)
		_, err := w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "end")
		c.must(t, err)
		c.try(t, "wound down")
		w.Clock.Advance(2 * time.Hour)
		c.try(t, "wound down, after the amendment's date")
		c.wantPast(t, true, true, true)
		for _, m := range c.moments {
			if m.version != 2 {
				t.Errorf("%s: version %d decided", m.step, m.version)
			}
		}
	})
}

// The end of a suspended contract allows nothing again.
func TestPastHasNoWindDownAfterASuspension(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, wound(w), time.Time{})
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		c := chronicle{w: w, reader: w.Handler, document: documents[0].ID}
		c.try(t, "in force")
		_, err := w.Gateway.SuspendContract(t.Context(), w.Officer, w.Contract, "incident")
		c.must(t, err)
		c.try(t, "suspended")
		_, err = w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "incident")
		c.must(t, err)
		c.try(t, "terminated")
		c.wantPast(t, true, false, false)
	})
}

// A role counts from its grant to its end, and again from the next grant. A standing
// assignment allows nothing in between.
func TestPastOfARoleThatEndedAndBeganAgain(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 1)
		temp := w.Person(t, w.Provider, "Tara Temp")
		c := chronicle{w: w, reader: temp, document: documents[0].ID}
		grant := func(until time.Time) {
			t.Helper()
			_, err := w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract, gateway.NewMembership{Person: temp.Person, Role: policy.RoleHandler, Until: until})
			c.must(t, err)
		}
		c.try(t, "not there yet")
		grant(w.Clock.Now().Add(time.Hour))
		c.try(t, "joined, nothing assigned")
		a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: temp.Person, All: true})
		c.must(t, err)
		_, err = w.Gateway.Lease(t.Context(), temp, a.ID)
		c.must(t, err)
		c.try(t, "at work")
		w.Clock.Advance(time.Hour)
		c.try(t, "the temporary role is over")
		grant(time.Time{})
		c.try(t, "returned")
		c.must(t, w.Gateway.EndMember(t.Context(), w.Operator, temp.Person))
		c.try(t, "left")
		c.wantPast(t, false, false, true, false, true, false)
	})
}

// On a day, a read was possible from the moment when the last of its conditions began:
// here the lease, then the role.
func TestPastFindsWhenADayOpened(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) { // it is 09:30 UTC
		batch, _ := w.Sent(t, 1)
		a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, All: true})
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(2*time.Hour + 17*time.Minute)
		if _, err := w.Gateway.Lease(t.Context(), w.Handler, a.ID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(100 * time.Hour)
		day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
		got, err := w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{On: day})
		if err != nil || len(got.List) != 1 || !got.List[0].Decision.Allowed || got.List[0].At.Format(time.TimeOnly) != "11:47:00" {
			t.Errorf("from when the lease was taken: %+v, %v", got, err)
		}

		w.Clock.Advance(5 * time.Hour)
		temp := w.Person(t, w.Provider, "Tara Temp") // it is 2026-11-29 20:47
		grant := func(until time.Time) {
			t.Helper()
			if _, err := w.Gateway.GrantRole(t.Context(), w.Manager, w.Contract, gateway.NewMembership{Person: temp.Person, Role: policy.RoleHandler, Until: until}); err != nil {
				t.Fatal(err)
			}
		}
		grant(w.Clock.Now().Add(time.Minute))
		second, _ := w.Sent(t, 1)
		b, err := w.Gateway.Assign(t.Context(), w.ProviderManager, second, gateway.NewAssignment{Person: temp.Person, All: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Gateway.Lease(t.Context(), temp, b.ID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(3 * time.Hour) // the next day in Paris; the lease stands, the role is over
		grant(time.Time{})
		w.Clock.Advance(time.Hour)
		got, err = w.Gateway.Past(t.Context(), w.Officer, temp.Person, gateway.When{On: day.AddDate(0, 0, 5)})
		if err != nil || len(got.List) != 1 || !got.List[0].Decision.Allowed || got.List[0].At.Format(time.TimeOnly) != "23:47:00" {
			t.Errorf("from the return on: %+v, %v", got, err)
		}
	})
}

// A question about now counts what was read today. The past does not record what had been
// read by then, and the answer says that it does not count.
func TestCeilingsCountOnlyNow(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, changed(w, "documents-per-day: 100", "documents-per-day: 1"), time.Time{})
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Fatal(err)
		}
		at := w.Clock.Now()
		now, err := w.Gateway.Who(t.Context(), w.Officer, gateway.Subject{Batch: batch})
		if err != nil || !now.Ceilings || len(now.List) != 1 || now.List[0].Decision.Reason != policy.ReasonCeilingDocuments {
			t.Errorf("now: %+v, %v", now, err)
		}
		w.Clock.Advance(time.Hour)
		past, err := w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{At: at})
		if err != nil || past.Ceilings || len(past.List) != 1 || !past.List[0].Decision.Allowed {
			t.Errorf("an hour ago: %+v, %v", past, err)
		}
	})
}

// A version neither opens nor closes anything for an erased document.
func TestImpactDoesNotCountWhatWasErased(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 3)
		w.Taken(t, batch)
		counted := func() (documents, bytes int64) {
			t.Helper()
			got, err := w.Gateway.Impact(t.Context(), w.Officer, w.Contract, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got.Rules {
				if r.Rule.Action == policy.ActionDocumentRead && r.Rule.Class == "anything" && !r.Opens {
					return r.Documents, r.Bytes
				}
			}
			t.Fatal("the reading of the class does not close")
			return 0, 0
		}
		if _, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, changed(w, "  anything: {", "  everything: {"), time.Time{}); err != nil {
			t.Fatal(err)
		}
		if documents, bytes := counted(); documents != 3 || bytes != 30_000 {
			t.Errorf("%d documents of %d bytes", documents, bytes)
		}
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "asked for"); err != nil {
			t.Fatal(err)
		}
		if documents, bytes := counted(); documents != 2 || bytes != 20_000 {
			t.Errorf("with one erased: %d documents of %d bytes", documents, bytes)
		}
	})
}
