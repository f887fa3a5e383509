package needs

import (
	"os"
	"testing"
)

// Large skips a test that moves gigabytes and takes minutes, unless BORDEREAU_TEST_LARGE=1 asks for it. Nothing that is
// missing from the machine skips it, so BORDEREAU_TEST_REQUIRE says nothing about it.
func Large(t testing.TB) {
	t.Helper()
	if os.Getenv("BORDEREAU_TEST_LARGE") != "1" {
		t.Skip("skipped: it takes minutes and tens of gigabytes of disk; BORDEREAU_TEST_LARGE=1 runs it")
	}
}
