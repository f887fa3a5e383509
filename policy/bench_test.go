package policy_test

import (
	"fmt"
	"runtime"
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

// BenchmarkParse is what a version that fell out of a cache costs before it can be
// compiled again.
func BenchmarkParse(b *testing.B) {
	var classes strings.Builder
	for i := range 30 {
		fmt.Fprintf(&classes, "  claim-form-%d: {media-types: [application/pdf], max-bytes: 1000}\n", i)
	}
	text := strings.Replace(minimal, "classes: {claim-form: {media-types: [application/pdf], max-bytes: 1000}}",
		"classes:\n"+strings.TrimSuffix(classes.String(), "\n"), 1)
	b.ReportAllocs()
	for b.Loop() {
		parse(b, text)
	}
}

// TestWeight holds Weight's figure to what an enforcer takes.
func TestWeight(t *testing.T) {
	const versions = 40
	terms := thirty(t)
	var before, after runtime.MemStats
	kept := make([]*policy.Compiled, versions)
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range kept {
		kept[i] = compile(t, terms)
		f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
		for class := range 30 {
			f.Class = policy.Class(fmt.Sprintf("claim-form-%d", class))
			kept[i].Decide(f)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int(after.HeapAlloc-before.HeapAlloc) / (versions * kept[0].Weight())
	t.Logf("%d bytes for each enforcer", each)
	if kept[0].Weight() != 31 || each > 14_000 {
		t.Errorf("a version of weight %d takes %d bytes for each: the bound of the cache is too high", kept[0].Weight(), each)
	}
	runtime.KeepAlive(kept)
}
