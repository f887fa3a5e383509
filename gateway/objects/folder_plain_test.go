//go:build unix

package objects_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
)

// What is no plain file is no object, and is refused at once: a pipe would be waited for.
func TestFolderRefusesWhatIsNoPlainFile(t *testing.T) {
	dir := t.TempDir()
	store, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Put(t.Context(), "d/aa/good", strings.NewReader("sealed"), 6); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, "d", "aa", name) }
	for name, place := range map[string]func() error{
		"link":   func() error { return os.Symlink("good", in("link")) },
		"pipe":   func() error { return syscall.Mkfifo(in("pipe"), 0o600) },
		"folder": func() error { return os.Mkdir(in("folder"), 0o700) },
	} {
		if err := place(); err != nil {
			t.Fatal(err)
		}
		want := gateway.ErrTampered
		if name == "folder" {
			want = gateway.ErrObjectMissing // it may be of other keys
		}
		if _, _, err := store.Get(t.Context(), "d/aa/"+name, 0); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if err := store.Put(t.Context(), "d/aa/"+name, strings.NewReader("sealed"), 6); err == nil {
			t.Errorf("%s was overwritten", name)
		}
	}
	if err := store.Delete(t.Context(), "d/aa/link"); err != nil {
		t.Error(err)
	}
	if body, _, err := store.Get(t.Context(), "d/aa/good", 0); err != nil {
		t.Errorf("the file that a link named: %v", err)
	} else {
		body.Close()
	}
}
