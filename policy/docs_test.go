package policy_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/policy"
)

// Every reason is explained once, and every explanation is of a reason. Package
// gateway/tables holds docs/contracts.md to them.
func TestEveryReasonIsExplained(t *testing.T) {
	var got []string
	for _, r := range policy.Reasons() {
		got = append(got, string(r.Reason))
		if r.Means == "" {
			t.Errorf("%s has no explanation", r.Reason)
		}
	}
	want := constants(t, "reason.go", "Reason")
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("constants (-) and explanations (+):\n%s", diff)
	}
}
