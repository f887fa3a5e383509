// Package needs lets a test say what it needs from the machine beside Go. What is missing skips the test with one line
// that says so; with BORDEREAU_TEST_REQUIRE=all, as in .ci/run, it fails the test instead, so that nothing is skipped
// there by accident.
package needs

import (
	"os"
	"os/exec"
	"testing"
)

// Missing skips the test, or fails it where everything is required. what says what is missing and how to get it.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("BORDEREAU_TEST_REQUIRE") == "all" {
		t.Fatalf("missing, and BORDEREAU_TEST_REQUIRE=all: %s", what)
	}
	t.Skipf("skipped: %s", what)
}

// Program finds a program: at the path in the environment variable, when one is named and set, then in the folders,
// then on the PATH. When there is none the test is Missing it; hint says how to install it.
func Program(t testing.TB, name, variable, hint string, folders ...string) string {
	t.Helper()
	if path := os.Getenv(variable); variable != "" && path != "" {
		return path
	}
	for _, dir := range folders {
		if path, err := exec.LookPath(dir + "/" + name); err == nil {
			return path
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name+" is not installed ("+hint+")")
	}
	return path
}
