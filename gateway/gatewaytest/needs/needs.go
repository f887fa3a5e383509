// Package needs lets a test say what it needs from the machine beside Go. What is missing skips the test with one line
// that says so; with BORDEREAU_TEST_REQUIRE=all, as in .ci/run, it fails the test instead, so that nothing is skipped
// there by accident.
package needs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// Age builds the stock age command, of the version that our go.mod names, and gives its path. It is built as a module of
// its own, by its own go.mod and go.sum, because we depend on the library alone and what only the command needs is not in
// ours.
func Age(t testing.TB) string {
	t.Helper()
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "filippo.io/age").Output()
	if err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(t.TempDir(), "age")
	build := exec.Command("go", "build", "-o", command, "./cmd/age")
	build.Dir = strings.TrimSpace(string(module))
	if out, err := build.CombinedOutput(); err != nil {
		Missing(t, "the age command does not build (its modules must be in the cache or within reach): "+string(out))
	}
	return command
}
