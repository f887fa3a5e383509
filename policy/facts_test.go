package policy_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/bordereau/bordereau/policy"
)

// groups are the groups of facts: the fields of Facts that may be nil.
func groups(t *testing.T) []policy.Group {
	t.Helper()
	var list []policy.Group
	for field := range reflect.TypeFor[policy.Facts]().Fields() {
		if field.Type.Kind() == reflect.Pointer {
			list = append(list, policy.Group(field.Name))
		}
	}
	if len(list) < 10 {
		t.Fatalf("only %d groups", len(list))
	}
	return list
}

// without are the facts with a group that was not read.
func without(f policy.Facts, g policy.Group) policy.Facts {
	reflect.ValueOf(&f).Elem().FieldByName(string(g)).SetZero()
	return f
}

func TestEveryGroupIsKnown(t *testing.T) {
	all := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	v := reflect.ValueOf(&all).Elem()
	for _, g := range groups(t) {
		field := v.FieldByName(string(g))
		field.Set(reflect.New(field.Type().Elem()))
		if !all.Has(g) {
			t.Errorf("%s is not known to be there", g)
		}
		if f := without(all, g); f.Has(g) {
			t.Errorf("%s is not known to be missing", g)
		}
	}
	if all.Has("Unheard") {
		t.Error("a group that there is not is there")
	}
}

// A group that a condition of an act needs, and that was not read, refuses the act. A
// condition before it may refuse for its own reason, but with the facts under which all
// hold there is none, so the reason is that a fact is missing.
func TestAMissingGroupRefuses(t *testing.T) {
	c, d := motor(t), duties(t)
	needs := policy.ContractNeeds(read(t, "motor-claims.yaml"))
	for _, role := range []policy.Role{policy.RoleClientSystem, policy.RoleProviderManager, policy.RoleHandler} {
		for _, n := range needs {
			f := favourable(role, n.Action)
			want := policy.ReasonNoRule
			if c.Decide(f).Allowed || n.Group == policy.GroupContract {
				want = policy.ReasonFactMissing
			}
			wantRefused(t, role, n, c.Decide(without(f, n.Group)), want)
		}
	}
	dutyNeeds := policy.DutyNeeds()
	for _, row := range policy.DutyRows() {
		role := policy.Role(row[0])
		for _, n := range dutyNeeds {
			if string(n.Action) != row[1] || n.Condition == "reach-own" && row[2] != "own" {
				continue
			}
			f := dutiful(role, n.Action)
			if got := d.Decide(f); !got.Allowed {
				t.Fatalf("%s %v: %+v", role, n, got)
			}
			wantRefused(t, role, n, d.Decide(without(f, n.Group)), policy.ReasonFactMissing)
		}
	}
	if len(needs) < 25 || len(dutyNeeds) < 30 {
		t.Errorf("only %d and %d needs were looked at", len(needs), len(dutyNeeds))
	}
}

func wantRefused(t *testing.T, role policy.Role, n policy.Need, got policy.Decision, want policy.Reason) {
	t.Helper()
	missing := n.Group
	if want != policy.ReasonFactMissing {
		missing = ""
	}
	if got.Allowed || got.Reason != want || got.Missing != missing {
		t.Errorf("%s %s without %s, which %s needs: %+v, want %s", role, n.Action, n.Group, n.Condition, got, want)
	}
}

// A group that no condition of an act names changes no decision about it: conditions look
// into nothing that they do not name, and panic here if they do.
func TestConditionsNameAllThatTheyLookInto(t *testing.T) {
	c, d := motor(t), duties(t)
	terms := read(t, "motor-claims.yaml")
	named := func(needs []policy.Need, a policy.Action, g policy.Group) bool {
		return slices.ContainsFunc(needs, func(n policy.Need) bool { return n.Action == a && n.Group == g })
	}
	strip := func(f policy.Facts, needs []policy.Need) policy.Facts {
		for _, g := range groups(t) {
			if !named(needs, f.Action, g) {
				f = without(f, g)
			}
		}
		return f
	}
	for _, rule := range policy.Rules(terms) {
		if f := favourable(rule.Role, rule.Action); rule.Phase == policy.PhaseInForce {
			if got, want := c.Decide(strip(f, policy.ContractNeeds(terms))), c.Decide(f); got != want || !got.Allowed {
				t.Errorf("%s %s: %+v, want %+v", rule.Role, rule.Action, got, want)
			}
		}
	}
	for _, row := range policy.DutyRows() {
		f := dutiful(policy.Role(row[0]), policy.Action(row[1]))
		if got, want := d.Decide(strip(f, policy.DutyNeeds())), d.Decide(f); got != want || !got.Allowed {
			t.Errorf("%v: %+v, want %+v", row, got, want)
		}
	}
}

// Facts of which nothing was read allow nothing, whatever is asked for, by whom and as
// what.
func TestEmptyFactsAreRefused(t *testing.T) {
	c, d := motor(t), duties(t)
	actions := policy.Actions()
	if len(actions) < 45 {
		t.Fatalf("only %d actions", len(actions))
	}
	for _, a := range append(actions, "", "unheard.of") {
		f := policy.Facts{Action: a}
		for _, got := range []policy.Decision{c.Decide(f), c.DecideUncounted(f), policy.NotInForce(f), d.Decide(f)} {
			if got.Allowed || got.Reason == policy.ReasonAllowed {
				t.Errorf("%q of nobody: %+v", a, got)
			}
		}
	}
}

// An erasure before which the caller forgot to read the holds is refused, though no hold
// is known to stand.
func TestAHoldThatWasNotReadRefuses(t *testing.T) {
	d := duties(t)
	for _, a := range []policy.Action{policy.ActionDocumentErase, policy.ActionErasurePropose, policy.ActionContractErase} {
		f := dutiful(policy.RoleContractManager, a)
		if got := d.Decide(f); !got.Allowed {
			t.Fatalf("%s with holds that were read: %+v", a, got)
		}
		f.Holds = nil
		if got := d.Decide(f); got.Allowed || got.Reason != policy.ReasonFactMissing || got.Missing != policy.GroupHolds {
			t.Errorf("%s without: %+v", a, got)
		}
	}
}

// A condition that is new, and whose facts the caller does not read yet, refuses the acts
// that it is on, and no other.
func TestANewConditionRefusesUntilItsFactsAreRead(t *testing.T) {
	c := motor(t)
	f := favourable(policy.RoleClientSystem, policy.ActionBatchOpen)
	if got := c.DecideWith(f, policy.ActionBatchOpen, policy.GroupSubject); got.Allowed || got.Missing != policy.GroupSubject {
		t.Errorf("%+v", got)
	}
	if got := c.DecideWith(f, policy.ActionBatchOpen, "Unheard"); got.Allowed || got.Reason != policy.ReasonFactMissing {
		t.Errorf("a group that Facts does not have: %+v", got)
	}
	if got := c.DecideWith(f, policy.ActionBatchSeal, policy.GroupSubject); !got.Allowed {
		t.Errorf("on another act: %+v", got)
	}
	f.Subject = &policy.Subject{}
	if got := c.DecideWith(f, policy.ActionBatchOpen, policy.GroupSubject); !got.Allowed {
		t.Errorf("once they are read: %+v", got)
	}
}

// Another role does not make up for facts that are missing.
func TestAnotherRoleDoesNotMakeUpForAMissingGroup(t *testing.T) {
	f := favourable(policy.RoleHandler, policy.ActionDocumentInspect)
	f.Roles, f.Work = []policy.Role{policy.RoleHandler, policy.RoleProviderManager}, nil
	if got := motor(t).Decide(f); got.Reason != policy.ReasonFactMissing {
		t.Errorf("under a contract: %+v", got)
	}
	f = dutiful(policy.RoleAuditor, policy.ActionAuditQuery)
	f.Roles, f.Object = []policy.Role{policy.RoleAuditor, policy.RoleProviderCompliance}, nil
	if got := duties(t).Decide(f); got.Reason != policy.ReasonFactMissing || got.Missing != policy.GroupObject {
		t.Errorf("by duty: %+v", got)
	}
}

// What could be read at a time of which nothing was counted is decided by everything but
// the ceilings.
func TestDecidingWithoutTheCeilings(t *testing.T) {
	c := motor(t)
	f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	f.Reading = nil
	if got := c.DecideUncounted(f); !got.Allowed {
		t.Errorf("%+v", got)
	}
	f.Work.Lease = policy.LeaseExpired
	if got := c.DecideUncounted(f); got.Reason != policy.ReasonLeaseExpired {
		t.Errorf("%+v", got)
	}
}
