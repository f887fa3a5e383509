package needs

import (
	"os"
	"testing"
)

// Large is for what takes minutes and gigabytes. Nobody runs it by accident, nor does .ci/run: only with
// BORDEREAU_TEST_LARGE=1.
func Large(t testing.TB) {
	t.Helper()
	if os.Getenv("BORDEREAU_TEST_LARGE") != "1" {
		t.Skip("skipped: takes minutes and gigabytes (BORDEREAU_TEST_LARGE=1)")
	}
}
