package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func openShelf(t *testing.T, dir string) *recoveryFolder {
	t.Helper()
	f, err := openRecoveryFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.close() })
	return f
}

// begin writes into a file that has no name yet.
func begin(t *testing.T, f *recoveryFolder, name, text string) interface {
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
	f := openShelf(t, dir)
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
	if left, err := os.ReadDir(filepath.Join(dir, partial)); err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// One recovery at a time writes into a folder; what one that died has left half-written goes with the next.
func TestARecoveryHasItsFolderToItself(t *testing.T) {
	dir := t.TempDir()
	first := openShelf(t, dir)
	begin(t, first, "documents/one", "half")
	if _, err := openRecoveryFolder(dir); err == nil {
		t.Fatal("two recoveries write into one folder")
	}
	if left, err := os.ReadDir(filepath.Join(dir, partial)); err != nil || len(left) != 1 {
		t.Errorf("the other one's files: %v, %v", left, err)
	}
	first.lock.Close() // as when the process dies
	openShelf(t, dir)
	if left, err := os.ReadDir(filepath.Join(dir, partial)); err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// A link that somebody put into the folder leads nowhere.
func TestARecoveryStaysInItsFolder(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "documents")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "there"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := openShelf(t, dir)
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
