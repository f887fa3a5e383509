package needs

import (
	"strings"
	"sync"
	"testing"
)

// placed holds, by name, the tests that have said how they run: beside others (true) or
// alone (false).
var placed sync.Map

// Parallel lets a test run beside others, as t.Parallel does, and may be called again.
// The helpers that give a test a world of its own call it first: such a test shares
// nothing with others. It does nothing in a subtest, because the test around it may go on
// with the result of the subtest, and nothing in a test that is Alone.
func Parallel(t testing.TB) {
	p, ok := t.(interface{ Parallel() })
	if ok && !isSubtest(t) && place(t, true) {
		p.Parallel()
	}
}

// Siblings lets a subtest run beside the other subtests of its test, unless the test is
// Alone.
func Siblings(t *testing.T) {
	if beside, placed := placed.Load(root(t)); !placed || beside.(bool) {
		t.Parallel()
	}
}

// Alone keeps the test from running beside others. A test needs it when it sets the
// process's environment or measures the process. The test calls it before the helpers.
func Alone(t testing.TB) {
	t.Helper()
	if isSubtest(t) || !place(t, false) {
		t.Fatal("needs.Alone comes too late: call it first in the test itself, before the helpers that give it a world")
	}
}

func place(t testing.TB, beside bool) (first bool) {
	if _, before := placed.LoadOrStore(t.Name(), beside); before {
		return false
	}
	t.Cleanup(func() { placed.Delete(t.Name()) })
	return true
}

func isSubtest(t testing.TB) bool { return strings.Contains(t.Name(), "/") }

// root is the name of the test that a subtest belongs to.
func root(t testing.TB) string {
	name, _, _ := strings.Cut(t.Name(), "/")
	return name
}
