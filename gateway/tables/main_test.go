package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A list in a page, in the OpenAPI document or in the schema is the list of the package
// that has it.
func TestGeneratedListsAreUpToDate(t *testing.T) {
	const root = "../.."
	files, err := render(root)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range files {
		got, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s: run go generate ./... (-should be, +is):\n%s", file, diff)
		}
	}
}

func TestReplaceNeedsBothComments(t *testing.T) {
	for _, text := range []string{"", "# generated: roles from x\na\n", "a\n# generated: end\n", "# generated: other from x\na\n# generated: end\n"} {
		if got, err := replace(text, "roles", "b\n"); err == nil {
			t.Errorf("%q: became %q", text, got)
		}
	}
	const before, after = "x\n  # generated: roles from y\n  a\n  # generated: end\nz\n", "x\n  # generated: roles from y\n  b\n  # generated: end\nz\n"
	got, err := replace(before+before, "roles", "  b\n")
	if want := after + after; err != nil || got != want {
		t.Errorf("became %q, %v", got, err)
	}
}
