package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/policy"
)

// thirty are terms with thirty classes. The goal is a decision in less than 20 µs.
func thirty(tb testing.TB) *policy.Terms {
	var classes strings.Builder
	for i := range 30 {
		fmt.Fprintf(&classes, "  claim-form-%d: {media-types: [application/pdf], max-bytes: 1000}\n", i)
	}
	return parse(tb, strings.Replace(minimal, "classes: {claim-form: {media-types: [application/pdf], max-bytes: 1000}}",
		"classes:\n"+strings.TrimSuffix(classes.String(), "\n"), 1))
}

func BenchmarkDecide(b *testing.B) {
	c := compile(b, thirty(b))
	for _, action := range []policy.Action{policy.ActionDocumentRead, policy.ActionBatchRead} {
		b.Run(string(action), func(b *testing.B) {
			f := favourable(policy.RoleHandler, action)
			if f.Class != "" {
				f.Class = "claim-form-17"
			}
			if d := c.Decide(f); !d.Allowed {
				b.Fatalf("%+v", d)
			}
			b.ReportAllocs()
			for b.Loop() {
				c.Decide(f)
			}
		})
	}
}

func BenchmarkDuties(b *testing.B) {
	d := duties(b)
	f := dutiful(policy.RoleComplianceOfficer, policy.ActionAuditQuery)
	b.ReportAllocs()
	for b.Loop() {
		d.Decide(f)
	}
}

func BenchmarkCompile(b *testing.B) {
	terms := thirty(b)
	b.ReportAllocs()
	for b.Loop() {
		compile(b, terms)
	}
}
