package needs

import (
	"os"
	"testing"
)

// Large skips a test that moves gigabytes and takes minutes, unless
// BORDEREAU_TEST_LARGE=1 asks for it. The test is skipped by choice, and not for a
// missing program, so BORDEREAU_TEST_REQUIRE does not change that.
func Large(t testing.TB) {
	t.Helper()
	if os.Getenv("BORDEREAU_TEST_LARGE") != "1" {
		t.Skip("skipped: it takes minutes and tens of gigabytes of disk; BORDEREAU_TEST_LARGE=1 runs it")
	}
}
