package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// From the first release on this is the rule of docs/upgrades.md.
func TestWhatWasReleasedIsNotChanged(t *testing.T) {
	if err := run("../..", "released.txt", false); err != nil {
		t.Error(err)
	}
}

func TestTheRepositoryHasFilesToFreeze(t *testing.T) {
	paths, err := candidates("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"audit/schema.sql", "gateway/database/migrations/", "audit/testdata/"} {
		if !strings.Contains(strings.Join(paths, "\n"), part) {
			t.Errorf("nothing below %s", part)
		}
	}
}

func write(t *testing.T, root, path, text string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// released has frozen one migration and one vector.
func released(t *testing.T) (root string, frozen []file) {
	t.Helper()
	root = t.TempDir()
	write(t, root, "audit/migrations/1.sql", "CREATE TABLE a (b int);")
	write(t, root, "audit/testdata/proofs/0.proof", "a proof")
	write(t, root, "audit/other.sql", "free")
	lines, err := missing(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	frozen, err = parse("# frozen\n" + lines)
	if err != nil || len(frozen) != 2 {
		t.Fatalf("frozen %v: %v", frozen, err)
	}
	return root, frozen
}

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*testing.T, string)
		want   string
	}{
		"nothing":            {func(*testing.T, string) {}, ""},
		"another file":       {func(t *testing.T, root string) { write(t, root, "audit/other.sql", "changed") }, ""},
		"one more migration": {func(t *testing.T, root string) { write(t, root, "audit/migrations/2.sql", "more") }, ""},
		"a changed migration": {func(t *testing.T, root string) { write(t, root, "audit/migrations/1.sql", "changed") },
			"audit/migrations/1.sql was released and is changed"},
		"a changed vector": {func(t *testing.T, root string) { write(t, root, "audit/testdata/proofs/0.proof", "changed") },
			"audit/testdata/proofs/0.proof was released and is changed"},
		"a migration that is gone": {func(t *testing.T, root string) { _ = os.Remove(filepath.Join(root, "audit/migrations/1.sql")) },
			"audit/migrations/1.sql was released and is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			root, frozen := released(t)
			tt.change(t, root)
			wrong, err := check(root, frozen, []string{"v1.0.0"})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(wrong, "\n"); (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAReleaseFreezes(t *testing.T) {
	root, _ := released(t)
	if wrong, err := check(root, nil, []string{"v1.0.0"}); err != nil || len(wrong) != 1 {
		t.Errorf("a release and an empty list: %q, %v", wrong, err)
	}
	if wrong, err := check(root, nil, nil); err != nil || len(wrong) != 0 {
		t.Errorf("no release: %q, %v", wrong, err)
	}
}

func TestWhatIsFrozenIsNotFrozenAgain(t *testing.T) {
	root, frozen := released(t)
	if lines, err := missing(root, frozen); err != nil || lines != "" {
		t.Errorf("%q, %v", lines, err)
	}
}

func TestParseRefuses(t *testing.T) {
	digest := strings.Repeat("0", 64)
	for _, line := range []string{"audit/migrations/1.sql", digest, digest + " one-space", "00  short", digest + "  ../outside"} {
		if _, err := parse(line); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}
