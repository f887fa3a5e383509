package gateway_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

const aDay = 24 * time.Hour

// lived makes a world in which two documents were read, a person of another provider was
// refused, and the ledger was asked.
func lived(t *testing.T, w *gatewaytest.World) []gateway.Document {
	t.Helper()
	batch, documents := w.Sent(t, 2)
	w.Taken(t, batch)
	for _, d := range documents {
		if _, err := w.Read(t, w.Handler, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Read(t, w.Colleague, documents[0].ID); err == nil {
		t.Fatal("read without an assignment")
	}
	events(t, w, gateway.EventQuery{})
	return documents
}

// erasableByClass counts, by class, the events of the client's ledger with their erasable
// data and without. It leaves out events after until.
func erasableByClass(t *testing.T, w *gatewaytest.World, until time.Time) map[event.RetentionClass]string {
	t.Helper()
	list, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), gateway.EventQuery{To: until, Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	kept, gone := map[event.RetentionClass]int{}, map[event.RetentionClass]int{}
	for _, e := range list {
		class := event.RetentionClassOf(e.Action.Kind(), e.Outcome)
		if e.Private != nil {
			kept[class]++
		} else if e.Commitment != "" {
			gone[class]++
		}
	}
	all := map[event.RetentionClass]string{}
	for _, r := range event.Retentions() {
		switch {
		case kept[r.Class] > 0 && gone[r.Class] > 0:
			all[r.Class] = fmt.Sprintf("%d kept, %d gone", kept[r.Class], gone[r.Class])
		case kept[r.Class] > 0:
			all[r.Class] = "kept"
		case gone[r.Class] > 0:
			all[r.Class] = "gone"
		}
	}
	return all
}

func retain(t *testing.T, w *gatewaytest.World) {
	t.Helper()
	if err := w.Gateway.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRetentionByClass(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		lived(t, w)
		began := w.Clock.Now().Add(time.Hour)
		for _, step := range []struct {
			days int
			want map[event.RetentionClass]string
		}{
			{0, map[event.RetentionClass]string{"content": "kept", "work": "kept", "access": "kept", "audit": "kept", "denial": "kept"}},
			{365, map[event.RetentionClass]string{"content": "kept", "work": "kept", "access": "kept", "audit": "kept", "denial": "kept"}},
			{366, map[event.RetentionClass]string{"content": "kept", "work": "gone", "access": "kept", "audit": "kept", "denial": "kept"}},
			{731, map[event.RetentionClass]string{"content": "gone", "work": "gone", "access": "kept", "audit": "kept", "denial": "gone"}},
			{1097, map[event.RetentionClass]string{"content": "gone", "work": "gone", "access": "gone", "audit": "gone", "denial": "gone"}},
		} {
			w.Clock.Advance(began.Add(time.Duration(step.days) * aDay).Sub(w.Clock.Now()))
			retain(t, w)
			if diff := cmp.Diff(step.want, erasableByClass(t, w, began)); diff != "" {
				t.Errorf("after %d days (-want +got):\n%s", step.days, diff)
			}
		}
		var recorded []string
		for _, e := range events(t, w, gateway.EventQuery{Action: "privacy.expire"}) {
			recorded = append(recorded, e.Class)
			if e.Actor != "system" || !strings.HasPrefix(e.Subject, "0-") {
				t.Errorf("%+v", e)
			}
		}
		if diff := cmp.Diff([]string{"work", "content", "denial", "access", "audit"}, recorded); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
		before := len(events(t, w, gateway.EventQuery{}))
		retain(t, w)
		if after := len(events(t, w, gateway.EventQuery{})); after != before {
			t.Errorf("a second time on the same day recorded %d events", after-before)
		}
	})
}

// While a hold stands, the erasable data that it covers stay. When it is lifted, they go
// as if there had been none.
func TestHoldsKeepErasableData(t *testing.T) {
	needs.Parallel(t)
	for name, place := range map[string]func(t *testing.T, w *gatewaytest.World, documents []gateway.Document) (lift func() error, want string){
		"document": func(t *testing.T, w *gatewaytest.World, documents []gateway.Document) (func() error, string) {
			h, err := w.Gateway.HoldDocument(t.Context(), w.Officer, documents[0].ID, "case 17")
			if err != nil {
				t.Fatal(err)
			}
			return func() error { _, err := w.Gateway.LiftHold(t.Context(), w.Officer, h.ID); return err }, "4 kept, 4 gone"
		},
		"contract": func(t *testing.T, w *gatewaytest.World, _ []gateway.Document) (func() error, string) {
			h, err := w.Gateway.HoldContract(t.Context(), w.Officer, w.Contract, "case 17")
			if err != nil {
				t.Fatal(err)
			}
			return func() error { _, err := w.Gateway.LiftHold(t.Context(), w.Officer, h.ID); return err }, "kept"
		},
		"person": func(t *testing.T, w *gatewaytest.World, _ []gateway.Document) (func() error, string) {
			h, err := w.Gateway.HoldPerson(t.Context(), w.Officer, string(w.Client), w.Handler.Person, "case 17")
			if err != nil {
				t.Fatal(err)
			}
			return func() error {
				_, err := w.Gateway.LiftPersonHold(t.Context(), w.Officer, string(w.Client), h.ID)
				return err
			}, "4 kept, 4 gone"
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *gatewaytest.World) {
				documents := lived(t, w)
				began := w.Clock.Now().Add(time.Minute)
				lift, want := place(t, w, documents)
				w.Clock.Advance(800 * aDay)
				retain(t, w)
				if got := erasableByClass(t, w, began)["content"]; got != want {
					t.Errorf("under the hold: content %s, want %s", got, want)
				}
				if err := lift(); err != nil {
					t.Fatal(err)
				}
				retain(t, w)
				if got := erasableByClass(t, w, began)["content"]; got != "gone" {
					t.Errorf("after it: content %s", got)
				}
			})
		})
	}
}

// The erasable data and the event that says they are gone go together, or neither does.
func TestRetentionIsRecordedOrDoesNotHappen(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		lived(t, w)
		w.Clock.Advance(1200 * aDay)
		const left = `SELECT COUNT(*) FROM audit_event WHERE priv IS NOT NULL`
		before := count(t, w, left)
		w.Ledger.Halt(errors.New("a fork"))
		if err := w.Gateway.Retain(t.Context()); !errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("got %v, want unavailable", err)
		}
		if after := count(t, w, left); after != before {
			t.Errorf("the erasable data of %d events went unrecorded", before-after)
		}
	})
}

// Any number of replicas may erase at once. Each event's data are erased and counted
// once.
func TestRetentionOnSeveralReplicas(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		replicas := []*gatewaytest.House{w.House, w.Replica(t), w.Replica(t)}
		lived(t, w)
		for range 510 { // more than one batch of a class
			if _, _, err := w.Gateway.Contracts(t.Context(), w.Manager, gateway.Page{Limit: 1}); err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Advance(1200 * aDay)
		const left = `SELECT COUNT(*) FROM audit_event WHERE priv IS NOT NULL`
		before := count(t, w, left)
		var group sync.WaitGroup
		for _, r := range replicas {
			group.Go(func() {
				if err := r.Gateway.Retain(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		total := 0
		for _, ledger := range []string{string(w.Client), "operator"} {
			list, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, ledger, gateway.EventQuery{Action: "privacy.expire"})
			if ledger == "operator" {
				officer := w.Person(t, operatorOf(t, w), "Otto Officer", policy.RoleComplianceOfficer)
				list, _, err = w.Gateway.AuditEvents(t.Context(), officer, ledger, gateway.EventQuery{Action: "privacy.expire"})
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				var first, last int
				if _, err := fmt.Sscanf(e.Subject, "%d-%d", &first, &last); err != nil || e.Length == 0 {
					t.Errorf("range %q, %d events: %v", e.Subject, e.Length, err)
				}
				total += int(e.Length)
			}
		}
		if total != before {
			t.Errorf("the erasable data of %d events were counted, there were %d", total, before)
		}
	})
}

// Held data do not stop the erasure of other data, however many there are.
func TestRetentionGoesPastWhatIsHeld(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		list := func(who gateway.Caller) {
			if _, _, err := w.Gateway.Contracts(t.Context(), who, gateway.Page{Limit: 1}); err != nil {
				t.Fatal(err)
			}
		}
		for range 510 { // more than one batch
			list(w.Manager)
		}
		list(w.Approver)
		if _, err := w.Gateway.HoldPerson(t.Context(), w.Officer, string(w.Client), w.Manager.Person, "case 17"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(400 * aDay)
		retain(t, w)
		const left = `SELECT COUNT(*) FROM audit_event WHERE action = 'contract.list' AND priv IS NOT NULL AND actor = $1`
		if held, other := count(t, w, left, string(w.Manager.Person)), count(t, w, left, string(w.Approver.Person)); held != 510 || other != 0 {
			t.Errorf("%d of the held and %d of the other are left", held, other)
		}
	})
}

// A hold and a retention run wait for each other, so that the second knows of the first.
func TestAHoldWaitsForErasing(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{Database: databasetest.PostgreSQL(t)}).World(t)
	documents := lived(t, w)
	for name, place := range map[string]func() error{
		"document": func() error {
			_, err := w.Gateway.HoldDocument(t.Context(), w.Officer, documents[0].ID, "case 17")
			return err
		},
		"person": func() error {
			_, err := w.Gateway.HoldPerson(t.Context(), w.Officer, string(w.Client), w.Handler.Person, "case 17")
			return err
		},
	} {
		erasing, err := w.Database.Writer().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := erasing.ExecContext(t.Context(), `INSERT INTO event_retention (ledger, class, upto) VALUES ($1, '', 0)
			ON CONFLICT (ledger, class) DO UPDATE SET upto = event_retention.upto`, string(w.Client)); err != nil {
			t.Fatal(err)
		}
		placed := make(chan error, 1)
		go func() { placed <- place() }()
		for waits := false; !waits; {
			select {
			case err := <-placed:
				t.Fatalf("%s: the hold did not wait, %v", name, err)
			default:
				waits = count(t, w, `SELECT COUNT(*) FROM pg_locks WHERE NOT granted`) > 0
			}
		}
		if err := erasing.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := <-placed; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func operatorOf(t *testing.T, w *gatewaytest.World) (id gateway.OrganisationID) {
	t.Helper()
	if err := w.Database.Reader().QueryRowContext(t.Context(), `SELECT id FROM organisation WHERE kind = 'operator'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// A person who left long ago is known by their identifier only, unless a hold is on them
// or on a contract in which they took part.
func TestLeaversNames(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		lived(t, w)
		other := w.Person(t, w.Client, "Otis Other", policy.RoleContractManager)
		for _, who := range []gateway.Caller{w.Handler, w.Stranger, other} {
			if err := w.Gateway.EndMember(t.Context(), w.Operator, who.Person); err != nil {
				t.Fatal(err)
			}
		}
		name := func(who gateway.Caller) string {
			return named(t, w, who.Person)
		}
		w.Clock.Advance(365 * aDay)
		retain(t, w)
		if name(w.Handler) == "" || name(other) == "" {
			t.Error("a name is gone before its time")
		}
		hold, err := w.Gateway.HoldContract(t.Context(), w.Officer, w.Contract, "case 17")
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(2 * aDay)
		retain(t, w)
		if name(w.Handler) != "Hana Handler" || name(other) != "" || name(w.Stranger) != "" || name(w.Colleague) != "Hugo Handler" {
			t.Errorf("held %q, left %q and %q, here %q", name(w.Handler), name(other), name(w.Stranger), name(w.Colleague))
		}
		if _, err := w.Gateway.LiftHold(t.Context(), w.Officer, hold.ID); err != nil {
			t.Fatal(err)
		}
		retain(t, w)
		answer, err := w.Gateway.AskLedger(t.Context(), w.Officer, string(w.Client), gateway.LedgerQuestion{Query: gateway.EventQuery{Actor: string(w.Handler.Person)}})
		if err != nil || len(answer.Events) == 0 || answer.Names[string(w.Handler.Person)] != "" {
			t.Errorf("%d events, named %q, %v", len(answer.Events), answer.Names[string(w.Handler.Person)], err)
		}
		forgotten := events(t, w, gateway.EventQuery{Action: "privacy.forget"})
		if len(forgotten) != 1 || forgotten[0].Subject != string(other.Person) { // a provider's people stand in the operator's ledger
			t.Errorf("%+v", forgotten)
		}
	})
}

func named(t *testing.T, w *gatewaytest.World, who gateway.PersonID) (name string) {
	t.Helper()
	if err := w.Database.Reader().QueryRowContext(t.Context(), `SELECT name FROM person WHERE id = $1`, string(who)).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRetentionHasBounds(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{})
	for name, c := range map[string]gateway.Config{
		"below a floor":   {EventRetention: map[event.RetentionClass]time.Duration{"content": 364 * aDay}},
		"above a ceiling": {EventRetention: map[event.RetentionClass]time.Duration{"work": 1097 * aDay}},
		"no such class":   {EventRetention: map[event.RetentionClass]time.Duration{"anything": 365 * aDay}},
		"names too short": {NameRetention: 29 * aDay},
		"names too long":  {NameRetention: 1097 * aDay},
		"good":            {EventRetention: map[event.RetentionClass]time.Duration{"content": 365 * aDay, "sign-in": 1096 * aDay}, NameRetention: 30 * aDay},
	} {
		if err := w.Remade(t, c); (err == nil) != (name == "good") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
