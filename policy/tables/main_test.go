package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A list in a page, in the OpenAPI document or in the schema is the list of package
// policy.
func TestGeneratedListsAreThoseOfPolicy(t *testing.T) {
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
	for _, text := range []string{"", "# generated: roles by x\na\n", "a\n# generated: end\n", "# generated: other by x\na\n# generated: end\n"} {
		if got, err := replace(text, "roles", "b\n"); err == nil {
			t.Errorf("%q: became %q", text, got)
		}
	}
	got, err := replace("x\n  # generated: roles by y\n  a\n  # generated: end\nz\n", "roles", "  b\n")
	if want := "x\n  # generated: roles by y\n  b\n  # generated: end\nz\n"; err != nil || got != want {
		t.Errorf("became %q, %v", got, err)
	}
}
