// Package needs lets a test name the programs and servers that it needs beside Go. When
// one is missing, the test is skipped with one line that names it. With
// BORDEREAU_TEST_REQUIRE=all, as in .ci/run, the test fails instead, so that no test is
// skipped there by accident.
package needs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Missing skips the test, or fails it where everything is required. The text names the
// missing program or server and how to get it.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("BORDEREAU_TEST_REQUIRE") == "all" {
		t.Fatalf("missing, and BORDEREAU_TEST_REQUIRE=all: %s", what)
	}
	t.Skipf("skipped: %s", what)
}

// Program finds a program: at the path in the environment variable, when one is named and
// set, then in the folders, then on the PATH. When there is none it calls Missing. hint
// says how to install the program.
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

// Age builds the stock age command, of the version that our go.mod names, and gives its
// path. It is built as a module of its own, by its own go.mod and go.sum: our go.mod
// names the library alone, and not the modules that only the command needs.
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
