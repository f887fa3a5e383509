package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/policy"
)

// windingDown are the motor terms with a wind-down: the client's system looks at what was
// done for 90 days, handlers finish what they hold for three.
func windingDown(tb testing.TB) *policy.Terms {
	tb.Helper()
	return parse(tb, minimal+`wind-down:
  client-system: {days: 90, may: [batch.read, receipt.read]}
  handler: {days: 3, may: [assignment.lease, document.read]}
`)
}

// Every act of every role, in force and on each side of the wind-down's days.
func TestWindDown(t *testing.T) {
	c := compile(t, windingDown(t))
	end := paris("2026-05-06 10:00:00")
	for _, row := range []struct {
		name   string
		role   policy.Role
		action policy.Action
		after  time.Duration
		want   policy.Reason
		clause string
	}{
		{"a handler reads on", policy.RoleHandler, policy.ActionDocumentRead, 0, policy.ReasonAllowed, "wind-down.handler"},
		{"to the last moment", policy.RoleHandler, policy.ActionDocumentRead, 72*time.Hour - 1, policy.ReasonAllowed, "wind-down.handler"},
		{"and not after it", policy.RoleHandler, policy.ActionDocumentRead, 72 * time.Hour, policy.ReasonWindDownOver, "wind-down.handler"},
		{"a handler takes up what was assigned", policy.RoleHandler, policy.ActionAssignmentLease, time.Hour, policy.ReasonAllowed, "wind-down.handler"},
		{"a handler may no longer look around", policy.RoleHandler, policy.ActionBatchRead, time.Hour, policy.ReasonContractTerminated, "provider"},
		{"the client looks at its receipts", policy.RoleClientSystem, policy.ActionReceiptRead, 89 * 24 * time.Hour, policy.ReasonAllowed, "wind-down.client-system"},
		{"for so long", policy.RoleClientSystem, policy.ActionReceiptRead, 90 * 24 * time.Hour, policy.ReasonWindDownOver, "wind-down.client-system"},
		{"the client sends no more", policy.RoleClientSystem, policy.ActionDocumentReceive, 0, policy.ReasonContractTerminated, "classes.claim-form"},
		{"the client opens nothing", policy.RoleClientSystem, policy.ActionBatchOpen, 0, policy.ReasonContractTerminated, "client"},
		{"nothing is assigned", policy.RoleProviderManager, policy.ActionAssignmentCreate, 0, policy.ReasonContractTerminated, "provider"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := favourable(row.role, row.action)
			f.Contract.Status, f.Contract.Terminated, f.Now = policy.StatusTerminated, end, end.Add(row.after)
			got := c.Decide(f)
			if got.Reason != row.want || got.Allowed != (row.want == policy.ReasonAllowed) || got.Clause != row.clause {
				t.Errorf("%+v, want %s by %s", got, row.want, row.clause)
			}
			f.Contract.Status = policy.StatusExited
			if got := c.Decide(f); got.Reason != policy.ReasonContractExited {
				t.Errorf("after the exit: %+v", got)
			}
		})
	}
}

// The wind-down begins at whichever end came first, and only where the contract was in
// force.
func TestWindDownBegins(t *testing.T) {
	c := compile(t, windingDown(t))
	f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	expired := paris("2028-01-01 00:00:00")
	for _, row := range []struct {
		name   string
		status policy.ContractStatus
		ended  time.Time
		now    time.Time
		want   policy.Reason
	}{
		{"in force to the last moment", policy.StatusActive, time.Time{}, expired.Add(-1), policy.ReasonAllowed},
		{"after the last day", policy.StatusActive, time.Time{}, expired, policy.ReasonAllowed},
		{"three days after it", policy.StatusActive, time.Time{}, paris("2028-01-03 23:59:59"), policy.ReasonAllowed},
		{"no longer", policy.StatusActive, time.Time{}, paris("2028-01-04 00:00:00"), policy.ReasonWindDownOver},
		{"suspended in the wind-down", policy.StatusSuspended, time.Time{}, expired, policy.ReasonContractSuspended},
		{"terminated while suspended", policy.StatusTerminated, time.Time{}, wednesday, policy.ReasonContractTerminated},
		{"terminated before its last day", policy.StatusTerminated, paris("2027-12-31 12:00:00"), paris("2028-01-03 11:59:59"), policy.ReasonAllowed},
		{"counts from then", policy.StatusTerminated, paris("2027-12-31 12:00:00"), paris("2028-01-03 12:00:00"), policy.ReasonWindDownOver},
		{"terminated after its last day", policy.StatusTerminated, paris("2028-01-02 12:00:00"), paris("2028-01-03 23:59:59"), policy.ReasonAllowed},
		{"counts from the last day", policy.StatusTerminated, paris("2028-01-02 12:00:00"), paris("2028-01-04 00:00:00"), policy.ReasonWindDownOver},
		{"summer time is not a day", policy.StatusTerminated, paris("2026-03-27 12:00:00"), paris("2026-03-30 11:59:59"), policy.ReasonAllowed},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := copied(f)
			f.Contract.Status, f.Contract.Terminated, f.Now = row.status, row.ended, row.now
			if got := c.Decide(f); got.Reason != row.want {
				t.Errorf("%+v, want %s", got, row.want)
			}
		})
	}
}

// The wind-down keeps the other conditions, and is decided by casbin: taking any of its
// rules out denies what it allowed.
func TestEveryWindDownRuleMatters(t *testing.T) {
	terms := windingDown(t)
	rows := policy.Rows(terms)
	for i, row := range rows {
		if row[4] != string(policy.PhaseWindDown) {
			continue
		}
		f := favourable(policy.Role(row[1]), policy.Action(row[3]))
		f.Contract.Status, f.Contract.Terminated = policy.StatusTerminated, f.Now
		if f.Class = policy.Class(row[2]); f.Class == "-" {
			f.Class = ""
		}
		if got := compile(t, terms).Decide(f); !got.Allowed {
			t.Errorf("%v: %+v", row, got)
		}
		c, err := policy.CompileWithout("c_motor", 1, terms, policy.Rules(terms)[i])
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Decide(f); got.Reason != policy.ReasonContractTerminated {
			t.Errorf("without %v: %+v", row, got)
		}
	}
	f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	f.Contract.Status, f.Contract.Terminated, f.Work.Lease = policy.StatusTerminated, f.Now, policy.LeaseExpired
	if got := compile(t, terms).Decide(f); got.Reason != policy.ReasonLeaseExpired {
		t.Errorf("without a lease: %+v", got)
	}
}

// A person with several roles acts in the first for which everything holds, whatever
// stands before it.
func TestSeveralRoles(t *testing.T) {
	c := motor(t)
	f := favourable(policy.RoleHandler, policy.ActionDocumentInspect)
	f.Roles = []policy.Role{policy.RoleHandler, policy.RoleProviderManager}
	f.Work.Assigned = false
	want := policy.Decision{Allowed: true, Reason: policy.ReasonAllowed, Role: policy.RoleProviderManager,
		Clause: "classes.claim-form", Site: "tunis", Country: "TN"}
	if diff := cmp.Diff(want, c.Decide(f)); diff != "" {
		t.Errorf("a handler's condition fails, a manager has none (-want +got):\n%s", diff)
	}
	f.Roles = []policy.Role{policy.RoleProviderCompliance, policy.RoleHandler}
	want = policy.Decision{Reason: policy.ReasonNotAssigned, Role: policy.RoleHandler, Clause: "classes.claim-form", Site: "tunis", Country: "TN"}
	if diff := cmp.Diff(want, c.Decide(f)); diff != "" {
		t.Errorf("the denial is of the first role with a rule (-want +got):\n%s", diff)
	}
	ended := compile(t, windingDown(t))
	f = favourable(policy.RoleHandler, policy.ActionDocumentRead)
	f.Roles = []policy.Role{policy.RoleProviderManager, policy.RoleHandler}
	f.Contract.Status, f.Contract.Terminated = policy.StatusTerminated, f.Now
	if got := ended.Decide(f); !got.Allowed || got.Role != policy.RoleHandler {
		t.Errorf("only one of the roles is wound down: %+v", got)
	}
}

func TestExplain(t *testing.T) {
	c := motor(t)
	f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	decision, outcomes := c.Explain(f)
	if !decision.Allowed || slices.ContainsFunc(outcomes, func(o policy.Outcome) bool { return !o.Holds }) {
		t.Errorf("%+v %+v", decision, outcomes)
	}
	f.Work.Lease, f.Reading.Documents = policy.LeaseExpired, 500
	decision, outcomes = c.Explain(f)
	if decision != c.Decide(f) || decision.Reason != policy.ReasonLeaseExpired {
		t.Errorf("%+v, Decide says %+v", decision, c.Decide(f))
	}
	var failed []policy.Reason
	for _, o := range outcomes {
		if !o.Holds {
			failed = append(failed, o.Reason)
		}
	}
	if diff := cmp.Diff([]policy.Reason{policy.ReasonLeaseExpired, policy.ReasonCeilingDocuments}, failed); diff != "" {
		t.Errorf("what stands in the way (-want +got):\n%s", diff)
	}
	f = favourable(policy.RoleClientSystem, policy.ActionDocumentReceive)
	f.Class = "unheard-of"
	if decision, _ := c.Explain(f); decision.Reason != policy.ReasonUnknownClass {
		t.Errorf("%+v", decision)
	}
}

func TestOpenings(t *testing.T) {
	got := motor(t).Openings(paris("2026-05-08 12:00:00"), paris("2026-05-11 08:01:00"))
	want := []time.Time{paris("2026-05-09 08:00:00"), paris("2026-05-11 08:00:00")}
	if !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("%v, want %v", got, want)
	}
	from, until := motor(t).Bounds(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if got := compile(t, parse(t, minimal)).Openings(from, until); len(got) != 1 || !got[0].Equal(paris("2026-01-01 00:00:00")) {
		t.Errorf("the first day: %v", got)
	}
	if got := compile(t, parse(t, minimal)).Openings(paris("2026-05-08 12:00:00"), paris("2026-05-11 08:01:00")); got != nil {
		t.Errorf("without hours: %v", got)
	}
}

func TestOpen(t *testing.T) {
	c := motor(t)
	for at, want := range map[string]string{
		"2026-05-06 10:00:30": "2026-05-06 10:00:30",
		"2026-05-06 19:00:00": "2026-05-07 08:00:00",
		"2026-05-09 12:00:00": "2026-05-11 08:00:00",
	} {
		if got := c.Open(paris(at)); !got.Equal(paris(want)) {
			t.Errorf("from %s on: %v, want %s", at, got, want)
		}
	}
}

// What a wind-down, a price or a category cannot say is refused where it stands.
func TestNewTermsRefused(t *testing.T) {
	for _, row := range []struct{ name, add, path, detail string }{
		{"a role that nothing is left to", "wind-down: {auditor: {days: 3, may: [batch.read]}}", "wind-down.auditor", "not a known key"},
		{"new work", "wind-down: {client-system: {days: 3, may: [document.receive]}}", "wind-down.client-system.may[0]", "one of: batch.read"},
		{"an act twice", "wind-down: {handler: {days: 3, may: [batch.read, batch.read]}}", "wind-down.handler.may[1]", "twice"},
		{"no days", "wind-down: {handler: {may: [batch.read]}}", "wind-down.handler", "must have days"},
		{"no acts", "wind-down: {handler: {days: 1, may: []}}", "wind-down.handler", "must have days"},
		{"no role", "wind-down: {}", "wind-down", "must not be empty"},
		{"a ban of what is allowed", "banned-categories: [identification]", "banned-categories", "bans a category"},
		{"a budget without a currency", "commercials: {budget: 5}", "commercials.budget", "without currency"},
		{"a baseline of nothing", "commercials: {period: month, baseline: 5}", "commercials.baseline", "without unit"},
		{"a deadband of nothing", "commercials: {deadband-percent: 5}", "commercials.deadband-percent", "without baseline"},
		{"bands that go back", "commercials: {currency: EUR, unit: page, period: month, baseline: 9, additional: [{up-to: 5, price: 3}, {up-to: 5, price: 2}]}",
			"commercials.additional[1]", "further"},
		{"a band after the last", "commercials: {currency: EUR, unit: page, period: month, baseline: 9, additional: [{price: 3}, {price: 2}]}",
			"commercials.additional[1]", "further"},
		{"a band without a price", "commercials: {currency: EUR, unit: page, period: month, baseline: 9, reduced: [{up-to: 3}]}",
			"commercials.reduced[0]", "no price"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := policy.ParseTerms([]byte(minimal + row.add + "\n"))
			var refused *policy.TermsError
			if !errors.As(err, &refused) {
				t.Fatalf("%v", err)
			}
			p := refused.Problems[0]
			if p.Path != row.path || p.Line != strings.Count(minimal, "\n")+1 || !strings.Contains(p.Detail, row.detail) {
				t.Errorf("%v, want %s: %s", p, row.path, row.detail)
			}
		})
	}
	class := strings.Replace(minimal, "max-bytes: 1000}", "max-bytes: 1000, data-categories: [health]}", 1)
	if _, err := policy.ParseTerms([]byte(class)); err == nil || !strings.Contains(err.Error(), "classes.claim-form.data-categories (line 8)") {
		t.Errorf("a category of a class that the contract has not: %v", err)
	}
	if _, err := policy.ParseTerms([]byte(strings.Replace(minimal, "{mechanism: none}", "{mechanism: scc, review: 2027-01-01}", 1))); err == nil {
		t.Error("a review without an assessment")
	}
}
