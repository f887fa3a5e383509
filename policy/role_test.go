package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/policy"
)

// constants are the values of a file's constants of a type, from its source.
func constants(t *testing.T, file, typed string) []string {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(source, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		name, ok := spec.Type.(*ast.Ident)
		if !ok || name.Name != typed {
			return true
		}
		if text, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants of type %s", file, typed)
	}
	return values
}

// A role that stands in no row could not be given.
func TestEveryRoleHasItsRow(t *testing.T) {
	var want, got []string
	for _, r := range constants(t, "role.go", "Role") {
		if r != "member" { // of every member, and never given
			want = append(want, r)
		}
	}
	for _, r := range policy.Roles() {
		got = append(got, string(r.Role))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("constants (-) and rows (+):\n%s", diff)
	}
}

func TestEveryRoleCanBeGiven(t *testing.T) {
	kinds := []policy.OrganisationKind{policy.KindClient, policy.KindProvider, policy.KindOperator}
	for _, r := range policy.Roles() {
		if r.Side == "" && len(r.HeldAt) == 0 {
			t.Errorf("%s: no party of a contract and no organisation has people in this role", r.Role)
		}
		if r.Side != "" && r.Side != policy.KindClient && r.Side != policy.KindProvider {
			t.Errorf("%s: %s is no party of a contract", r.Role, r.Side)
		}
		for _, kind := range kinds {
			if r.Role.HeldAt(kind) != slices.Contains(r.HeldAt, kind) {
				t.Errorf("%s: HeldAt(%s) is another than in the table", r.Role, kind)
			}
		}
		if r.Role.Side() != r.Side || r.Means == "" {
			t.Errorf("%s: Side() is another than in the table, or the role has no explanation", r.Role)
		}
		for _, kind := range r.HeldAt {
			if !slices.Contains(kinds, kind) {
				t.Errorf("%s: %s is no kind of organisation", r.Role, kind)
			}
		}
	}
}

func TestUnknownRoleIsHeldNowhere(t *testing.T) {
	for _, r := range []policy.Role{"", "member", "janitor"} {
		if r.Side() != "" || r.HeldAt(policy.KindClient) || r.HeldAt(policy.KindProvider) || r.HeldAt(policy.KindOperator) || r.HeldAt("") {
			t.Errorf("%q can be given", r)
		}
	}
}

// Only people of the rule's party are given a role on a contract, so a rule for another
// party would never allow anything.
func TestRulesAreForTheSideThatHoldsTheRole(t *testing.T) {
	terms := read(t, "motor-claims.yaml")
	for _, rule := range policy.Rules(terms) {
		want := map[policy.OrganisationKind]policy.OrganisationID{
			policy.KindClient: terms.Client, policy.KindProvider: terms.Provider}[rule.Role.Side()]
		if want == "" || rule.Organisation != want {
			t.Errorf("%s %s: the rule is for %s, and the role is given to people of %q", rule.Role, rule.Action, rule.Organisation, want)
		}
	}
}

// The table of TestDuties has every role.
func TestDutiesAreAskedForEveryRole(t *testing.T) {
	asked := map[string]bool{}
	grid(dutyOf, func(_, role, _ string) { asked[role] = true })
	for _, r := range policy.Roles() {
		if !asked[string(r.Role)] {
			t.Errorf("dutyOf has no column for %s", r.Role)
		}
	}
}
