package needs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// A test that is not run under the race detector leaves its name there, and where it
// passes.
func TestNoRaceLeavesTheTestsName(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("BORDEREAU_TEST_NORACE", folder)
	ran := false
	t.Run("spared", func(t *testing.T) {
		needs.NoRace(t, "arithmetic")
		ran = true
	})
	t.Run("skipped anyway", func(t *testing.T) {
		needs.NoRace(t, "arithmetic")
		t.Skip()
	})
	file, want := "skipped", 2
	if ran {
		file, want = "passed", 1
	}
	text, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines != want || !strings.Contains(string(text), "/needs TestNoRaceLeavesTheTestsName/spared\n") {
		t.Errorf("%s has %d lines, want %d:\n%s", file, lines, want, text)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("%d files", len(entries))
	}
}
