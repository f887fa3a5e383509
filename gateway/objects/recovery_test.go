package objects_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bordereau/bordereau/crypto/durable/durabletest"
	"github.com/bordereau/bordereau/gateway/objects"
)

func openRecovery(t *testing.T, dir string) *objects.RecoveryFolder {
	t.Helper()
	f, err := objects.OpenRecoveryFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// begin writes into a file that has no name yet.
func begin(t *testing.T, f *objects.RecoveryFolder, name, text string) interface {
	Commit() error
	Discard() error
} {
	t.Helper()
	file, err := f.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, text); err != nil {
		t.Fatal(err)
	}
	return file
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v", path, got, err)
	}
}

// A file has its name when it is whole and never before, and never takes that of another.
func TestARecoveredFileHasItsNameLast(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	f := openRecovery(t, dir)
	path := filepath.Join(dir, "documents", "c", "one")
	file, late := begin(t, f, "documents/c/one", "first"), begin(t, f, "documents/c/one", "second")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before Commit: %v", err)
	}
	if err := file.Commit(); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "first")
	if err := late.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second: %v", err)
	}
	if err := errors.Join(late.Discard(), file.Discard()); err != nil {
		t.Errorf("discarding: %v", err)
	}
	wantFile(t, path, "first")
	given := begin(t, f, "documents/c/two", "half")
	if err := given.Discard(); err != nil {
		t.Errorf("discarding: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, ".partial")); err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// One recovery at a time writes into a folder; what one that died has left half-written
// goes with the next.
func TestARecoveryHasItsFolderToItself(t *testing.T) {
	dir := t.TempDir()
	first := openRecovery(t, dir)
	begin(t, first, "documents/one", "half")
	if _, err := objects.OpenRecoveryFolder(dir); err == nil {
		t.Fatal("two recoveries write into one folder")
	}
	if left, err := os.ReadDir(filepath.Join(dir, ".partial")); err != nil || len(left) != 1 {
		t.Errorf("the other one's files: %v, %v", left, err)
	}
	first.LetGo() // as when the process dies
	openRecovery(t, dir)
	if left, err := os.ReadDir(filepath.Join(dir, ".partial")); err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// A link that another user put into the folder leads nowhere.
func TestARecoveryStaysInItsFolder(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "documents")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "there"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := openRecovery(t, dir)
	if _, err := f.Create("documents/c/one"); err == nil {
		t.Error("a file was begun outside")
	}
	if file, err := f.Open("documents/there"); err == nil {
		file.Close()
		t.Error("a file outside was opened")
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("outside there is %v, %v", left, err)
	}
}

// After a crash at any point, a file that was committed is there and whole, and no other
// has a name.
func TestRecoveredFilesSurviveACrash(t *testing.T) {
	m := durabletest.New(t)
	f, err := objects.OpenRecoveryFolderOn(m.Disk(), m.Path("media/out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	names := []string{"documents/c/one", "documents/c/two", "documents/d/three"}
	for _, name := range names {
		if err := begin(t, f, name, name).Commit(); err != nil {
			t.Fatal(err)
		}
		m.Promise(name)
	}
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		for _, name := range names {
			got, err := os.ReadFile(c.Path("media/out/" + name))
			absent := errors.Is(err, fs.ErrNotExist) && !slices.Contains(c.Promised, name)
			if !absent && string(got) != name {
				t.Errorf("%s: %s holds %q, %v", c.How, name, got, err)
			}
		}
	})
}
