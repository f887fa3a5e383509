package gateway_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

func TestWhoCanRead(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 3)
		ask := func(about gateway.Subject) []gateway.Reader {
			t.Helper()
			got, err := w.Gateway.Who(t.Context(), w.Officer, about)
			if err != nil || !got.Complete {
				t.Fatalf("%+v, %v", got, err)
			}
			return got.List
		}
		if got := ask(gateway.Subject{Contract: w.Contract}); len(got) != 0 {
			t.Errorf("nothing is assigned: %+v", got)
		}
		lease := w.Taken(t, batch)
		want := []gateway.Reader{{Person: w.Handler.Person, Contract: w.Contract, Version: 1, Batch: batch, Assignment: lease.ID,
			Class: "anything", Documents: 3, Bytes: 30_000, At: w.Clock.Now(), LeaseUntil: lease.LeaseUntil,
			Decision: policy.Decision{Allowed: true, Reason: policy.ReasonAllowed, Role: policy.RoleHandler, Clause: "classes.anything",
				Site: "tunis", Country: "TN"}}}
		for _, about := range []gateway.Subject{{Contract: w.Contract}, {Batch: batch}} {
			if diff := cmp.Diff(want, ask(about)); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", about, diff)
			}
		}
		want[0].Documents, want[0].Bytes = 1, 10_000
		if diff := cmp.Diff(want, ask(gateway.Subject{Document: documents[1].ID})); diff != "" {
			t.Errorf("a document (-want +got):\n%s", diff)
		}
		// The answer agrees with a read, because it is the same decision on the same
		// facts.
		if _, err := w.Read(t, w.Handler, documents[1].ID); err != nil {
			t.Error(err)
		}
		w.Clock.Advance(8 * time.Hour)
		got := ask(gateway.Subject{Document: documents[1].ID})
		if len(got) != 1 || got[0].Decision.Reason != policy.ReasonLeaseExpired {
			t.Errorf("after the lease: %+v", got)
		}
		asked := events(t, w, gateway.EventQuery{Action: event.Action(policy.ActionPolicyWho), Document: string(documents[1].ID)})
		if len(asked) != 2 || asked[0].Actor != string(w.Officer.Person) {
			t.Errorf("the questions in the ledger: %+v", asked)
		}
	})
}

// A question about now counts what was read today.
func TestWhoCountsWhatWasRead(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	amend(t, w, changed(w, "documents-per-day: 100", "documents-per-day: 1"), time.Time{})
	batch, documents := w.Sent(t, 1)
	w.Taken(t, batch)
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Fatal(err)
	}
	got, err := w.Gateway.Who(t.Context(), w.Manager, gateway.Subject{Document: documents[0].ID})
	if err != nil || len(got.List) != 1 || got.List[0].Decision.Reason != policy.ReasonCeilingDocuments {
		t.Errorf("%+v, %v", got, err)
	}
}

// What Past says about each moment of a story is what happened to the reads at that
// moment.
func TestPastIsWhatHappened(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		amend(t, w, wound(w), time.Time{})
		w.Clock.Advance(time.Minute)
		batch, documents := w.Sent(t, 1)
		type tried struct {
			at     time.Time
			step   string
			reason policy.Reason
		}
		var story []tried
		try := func(step string) {
			t.Helper()
			_, err := w.Read(t, w.Handler, documents[0].ID)
			reason := policy.ReasonAllowed
			var denied *gateway.Denied
			switch {
			case errors.As(err, &denied):
				reason = denied.Reason
			case errors.Is(err, gateway.ErrNotFound):
				reason = policy.ReasonNoRole
			case err != nil:
				t.Fatalf("%s: %v", step, err)
			}
			story = append(story, tried{w.Clock.Now(), step, reason})
			w.Clock.Advance(time.Minute)
		}
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Minute)
		}
		a, err := w.Gateway.Assign(t.Context(), w.ProviderManager, batch, gateway.NewAssignment{Person: w.Handler.Person, All: true})
		must(nil, err)
		try("assigned")
		must(w.Gateway.Lease(t.Context(), w.Handler, a.ID))
		try("leased")
		must(w.Gateway.SuspendContract(t.Context(), w.Officer, w.Contract, "incident"))
		try("suspended")
		must(w.Gateway.ResumeContract(t.Context(), w.Manager, w.Contract, "over"))
		try("resumed")
		must(amend(t, w, changed(w, "  anything: {", "  everything: {"), w.Clock.Now().Add(2*time.Minute)), nil)
		try("about to be amended")
		try("amended")
		amend(t, w, wound(w), time.Time{})
		try("amended back")
		w.Clock.Advance(8 * time.Hour)
		try("lease over")
		must(w.Gateway.Lease(t.Context(), w.Handler, a.ID))
		try("leased again")
		must(w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "end"))
		try("wound down")
		w.Clock.Advance(48 * time.Hour)
		try("over")
		must(w.Gateway.ExitContract(t.Context(), w.Manager, w.Contract, "done"))
		try("exited")
		must(nil, w.Gateway.EndMember(t.Context(), w.Operator, w.Handler.Person))

		w.Clock.Advance(1000 * time.Hour)
		var want, got []string
		for _, s := range story {
			want = append(want, s.step+": "+string(s.reason))
			answer, err := w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{At: s.at})
			if err != nil || len(answer.List) != 1 {
				t.Fatalf("%s: %+v, %v", s.step, answer, err)
			}
			got = append(got, s.step+": "+string(answer.List[0].Decision.Reason))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what happened -, what Past says +:\n%s", diff)
		}
		if now, err := w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{At: w.Clock.Now()}); err != nil || len(now.List) != 0 {
			t.Errorf("long after: %+v, %v", now, err)
		}
	})
}

// A day is a day of the contract's zone. A read that was possible at any time of the day
// counts.
func TestPastOnADay(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) { // it is 2026-11-25 10:30 in Paris
		amend(t, w, changed(w, untouched, untouched+"hours: [{days: [mon, tue, wed, thu, fri, sat, sun], from: \"12:00\", until: \"20:00\"}]\n"), time.Time{})
		w.Clock.Advance(3 * time.Hour)
		batch, _ := w.Sent(t, 1)
		w.Taken(t, batch) // until 21:30
		w.Clock.Advance(time.Hour)
		if _, err := w.Gateway.SuspendContract(t.Context(), w.Manager, w.Contract, "incident"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(240 * time.Hour)
		on := func(day string) []gateway.Reader {
			t.Helper()
			d, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{On: d})
			if err != nil {
				t.Fatal(err)
			}
			return answer.List
		}
		if got := on("2026-11-24"); len(got) != 0 {
			t.Errorf("the day before: %+v", got)
		}
		got := on("2026-11-25")
		if len(got) != 1 || !got[0].Decision.Allowed || got[0].At.Format(time.TimeOnly) != "12:30:00" || got[0].Version != 2 {
			t.Errorf("on the day: %+v", got)
		}
		if got := on("2026-11-26"); len(got) != 1 || got[0].Decision.Reason != policy.ReasonContractSuspended {
			t.Errorf("the day after: %+v", got)
		}
	})
}

// The hours of a day opened, while all other conditions held.
func TestPastWithinHours(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t) // 10:30 in Paris
	terms := changed(w, untouched, untouched+"hours: [{days: [mon, tue, wed, thu, fri, sat, sun], from: \"08:00\", until: \"11:00\"}]\n",
		"lease: 8h", "lease: 48h")
	amend(t, w, terms, time.Time{})
	batch, _ := w.Sent(t, 1)
	w.Taken(t, batch)
	got, err := w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{On: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)})
	if err != nil || len(got.List) != 1 || !got.List[0].Decision.Allowed || got.List[0].At.Format(time.TimeOnly) != "07:00:00" {
		t.Errorf("%+v, %v", got, err)
	}
}

// The questions are for the client's officers and managers. Another client's objects do
// not exist.
func TestQuestionsAreForTheClient(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 1)
		auditor := w.Person(t, w.Client, "Aude Auditor", policy.RoleAuditor)
		foreign := w.Organisation(t, gateway.KindClient, "Other Client")
		officer := w.Person(t, foreign, "Otto Officer", policy.RoleComplianceOfficer)
		questions := map[string]func(gateway.Caller) error{
			"who, contract": func(c gateway.Caller) error {
				_, err := w.Gateway.Who(t.Context(), c, gateway.Subject{Contract: w.Contract})
				return err
			},
			"who, batch": func(c gateway.Caller) error {
				_, err := w.Gateway.Who(t.Context(), c, gateway.Subject{Batch: batch})
				return err
			},
			"who, document": func(c gateway.Caller) error {
				_, err := w.Gateway.Who(t.Context(), c, gateway.Subject{Document: documents[0].ID})
				return err
			},
			"past": func(c gateway.Caller) error {
				_, err := w.Gateway.Past(t.Context(), c, w.Handler.Person, gateway.When{At: w.Clock.Now()})
				return err
			},
			"impact": func(c gateway.Caller) error {
				_, err := w.Gateway.Impact(t.Context(), c, w.Contract, 1)
				return err
			},
			"simulate": func(c gateway.Caller) error {
				_, err := w.Gateway.Simulate(t.Context(), c, w.Contract, 0, policy.Facts{Action: policy.ActionBatchOpen})
				return err
			},
		}
		for name, ask := range questions {
			for _, who := range []gateway.Caller{w.Manager, w.Approver, w.Officer} {
				if err := ask(who); err != nil {
					t.Errorf("%s by an officer or manager: %v", name, err)
				}
			}
			for _, who := range []gateway.Caller{w.Stranger, w.Operator, officer} {
				if err := ask(who); !errors.Is(err, gateway.ErrNotFound) {
					t.Errorf("%s by another person: %v", name, err)
				}
			}
			for _, who := range []gateway.Caller{auditor, w.Handler, w.ProviderManager, w.System} {
				if err := ask(who); err == nil {
					t.Errorf("%s was answered to %s", name, who.Person)
				}
			}
		}
		if _, err := w.Gateway.Past(t.Context(), officer, w.Handler.Person, gateway.When{At: w.Clock.Now()}); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("a person of another client's provider: %v", err)
		}
	})
}

func TestImpact(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, _ := w.Sent(t, 2)
		lease := w.Taken(t, batch)
		propose := func(terms []byte) gateway.Impact {
			t.Helper()
			c, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, terms, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := w.Gateway.Impact(t.Context(), w.Officer, w.Contract, c.Version)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := propose(changed(w)); len(got.Terms)+len(got.Rules)+len(got.Readers)+len(got.Problems) != 0 || got.Before != 1 || got.After != 2 {
			t.Errorf("the same terms: %+v", got)
		}

		got := propose(changed(w, "  anything: {", "  everything: {", "lease: 8h", "lease: 4h"))
		var rules []string
		for _, r := range got.Rules {
			rules = append(rules, map[bool]string{true: "+ ", false: "- "}[r.Opens]+string(r.Rule.Role)+" "+r.Rule.Class+" "+string(r.Rule.Action))
			if r.Rule.Action == policy.ActionDocumentRead && r.Rule.Class == "anything" {
				if diff := cmp.Diff(map[gateway.PersonID]bool{w.Handler.Person: true, w.Colleague.Person: true}, set(r.Members)); diff != "" || r.Documents != 2 || r.Bytes != 20_000 {
					t.Errorf("what closes touches %+v", r)
				}
			}
		}
		want := []string{"- client-system anything document.receive", "- client-system anything document.withdraw",
			"- contract-manager anything document.withdraw", "- client-system anything document.inspect", "- client-system anything receipt.read", "- provider-manager anything document.inspect", "- handler anything document.inspect",
			"- handler anything document.read", "+ client-system everything document.receive", "+ client-system everything document.withdraw",
			"+ contract-manager everything document.withdraw", "+ client-system everything document.inspect", "+ client-system everything receipt.read", "+ provider-manager everything document.inspect",
			"+ handler everything document.inspect", "+ handler everything document.read"}
		if diff := cmp.Diff(want, rules); diff != "" {
			t.Errorf("rules (-want +got):\n%s", diff)
		}
		if len(got.Readers) != 1 || got.Readers[0].Assignment != lease.ID || !got.Readers[0].Decision.Allowed ||
			got.Readers[0].After.Reason != policy.ReasonUnknownClass || got.Readers[0].Documents != 2 {
			t.Errorf("readers: %+v", got.Readers)
		}
		if len(got.Terms) != 7 || got.Terms[6] != (policy.Change{Path: "lease", Before: "8h", After: "4h"}) {
			t.Errorf("terms: %+v", got.Terms)
		}

		got = propose(changed(w, "192.0.2.0/24", "198.51.100.0/24"))
		if len(got.Rules) != 0 || len(got.Readers) != 1 || got.Readers[0].After.Reason != policy.ReasonSite {
			t.Errorf("another site: %+v", got)
		}
		got = propose(changed(w, "exit: destroy\n", ""))
		if len(got.Problems) != 1 || got.Problems[0].Path != "exit" || len(got.Readers) != 0 {
			t.Errorf("terms that cannot be approved: %+v", got)
		}
		// None of the simulated versions was agreed.
		if c, err := w.Gateway.Contract(t.Context(), w.Manager, w.Contract); err != nil || c.InForce != 1 || c.Version != 5 {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

func set[T comparable](list []T) map[T]bool {
	s := map[T]bool{}
	for _, v := range list {
		s[v] = true
	}
	return s
}

func TestSimulate(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		reading := policy.Facts{Action: policy.ActionDocumentRead, Roles: []policy.Role{policy.RoleHandler}, MemberActive: true,
			Address: gatewaytest.Address, Class: "form", Batch: &policy.Batch{State: policy.BatchSealed},
			Document: &policy.Document{State: policy.DocumentReceived, Size: 10},
			Work:     &policy.Work{Assigned: true, Lease: policy.LeaseHeld}, Reading: &policy.Reading{}}
		ask := func(version int64, f policy.Facts) gateway.Simulation {
			t.Helper()
			got, err := w.Gateway.Simulate(t.Context(), w.Manager, w.Contract, version, f)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := ask(0, reading); !got.Decision.Allowed || got.Version != 1 || len(got.Outcomes) < 12 {
			t.Errorf("%+v", got)
		}
		reading.Address, reading.Reading = gatewaytest.Outside, &policy.Reading{Documents: 100}
		got := ask(0, reading)
		var failed []string
		for _, o := range got.Outcomes {
			if !o.Holds {
				failed = append(failed, o.Condition+": "+string(o.Reason))
			}
		}
		if diff := cmp.Diff([]string{"site: site", "ceiling-documents: ceiling-documents"}, failed); diff != "" || got.Decision.Reason != policy.ReasonSite {
			t.Errorf("%+v\n%s", got.Decision, diff)
		}
		if _, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, changed(w, "192.0.2.0/24", "203.0.113.0/24"), time.Time{}); err != nil {
			t.Fatal(err)
		}
		reading.Reading = &policy.Reading{}
		if got := ask(2, reading); !got.Decision.Allowed || got.Version != 2 {
			t.Errorf("by the amendment: %+v", got)
		}
		if _, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, changed(w, "exit: destroy\n", ""), time.Time{}); err != nil {
			t.Fatal(err)
		}
		_, err := w.Gateway.Simulate(t.Context(), w.Manager, w.Contract, 3, reading)
		wantInvalid(t, err, gateway.InvalidIncomplete)
		_, err = w.Gateway.Simulate(t.Context(), w.Manager, w.Contract, 4, reading)
		if !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("a version that there is not: %v", err)
		}
	})
}
