package needs

import (
	"os"
	"path/filepath"
	"testing"
)

// NoRace skips a test under the race detector, because it has nothing to see there: the
// test has one client, or asks one question after the other, or calculates. The reason
// says which. The test calls it first.
//
// The test is skipped by choice, so BORDEREAU_TEST_REQUIRE does not change that. Where
// BORDEREAU_TEST_NORACE names a folder, the names of such tests are added to one of two
// files in it: "passed" without the detector, and "skipped" under it. .ci/run compares
// them, so that no test is left out of both.
func NoRace(t testing.TB, reason string) {
	t.Helper()
	if underRace {
		note(t, "skipped")
		t.Skip("skipped under the race detector: " + reason)
	}
	t.Cleanup(func() {
		if !t.Failed() && !t.Skipped() {
			note(t, "passed")
		}
	})
}

// note adds the test, after the folder of its package, to the file.
func note(t testing.TB, file string) {
	t.Helper()
	folder := os.Getenv("BORDEREAU_TEST_NORACE")
	if folder == "" {
		return
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(folder, file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(here + " " + t.Name() + "\n"); err != nil { // one write, so that lines of processes do not mix
		t.Fatal(err)
	}
}
