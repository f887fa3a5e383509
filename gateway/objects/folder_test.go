package objects_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/objects/objectstest"
)

func openFolder(t testing.TB, dir string) *objects.Folder {
	t.Helper()
	folder, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder
}

func mustPut(t testing.TB, store gateway.Objects, key, body string) {
	t.Helper()
	if err := store.Put(t.Context(), key, strings.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, store gateway.Objects, key string) (string, error) {
	t.Helper()
	body, _, err := store.Get(t.Context(), key, 0)
	if err != nil {
		return "", err
	}
	defer body.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, body); err != nil {
		return "", err
	}
	return b.String(), nil
}

func TestFolderConforms(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) gateway.Objects { return openFolder(t, t.TempDir()) })
}

func BenchmarkFolder(b *testing.B) {
	objectstest.Benchmark(b, func(b *testing.B) gateway.Objects { return openFolder(b, b.TempDir()) })
}

func TestFolderIsMadeForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	mustPut(t, openFolder(t, dir), "d/ab/object", "sealed")
	for name, want := range map[string]fs.FileMode{
		".": 0o700, "d": 0o700, "d/ab": 0o700, ".incoming": 0o700, "d/ab/object": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s is %v, want %v", name, got, want)
		}
	}
}

func TestFolderKeepsItsObjectsWhenReopened(t *testing.T) {
	dir := t.TempDir()
	mustPut(t, openFolder(t, dir), "d/object", "sealed")
	if got, err := get(t, openFolder(t, dir), "d/object"); err != nil || got != "sealed" {
		t.Errorf("after reopening: %q, %v", got, err)
	}
}

func TestFolderLeavesNothingInIncoming(t *testing.T) {
	dir := t.TempDir()
	store := openFolder(t, dir)
	mustPut(t, store, "taken", "sealed")
	for _, put := range []struct {
		key  string
		size int64
	}{{"taken", 5}, {"other", 5}, {"short", 6}, {"long", 4}, {"taken/below", 5}} {
		store.Put(t.Context(), put.key, strings.NewReader("12345"), put.size)
	}
	if left := filesIn(t, filepath.Join(dir, ".incoming")); len(left) > 0 {
		t.Errorf("incoming holds %q", left)
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestFolderSweepsWhatDeadProcessesLeft(t *testing.T) {
	dir := t.TempDir()
	openFolder(t, dir)
	for name, age := range map[string]time.Duration{"dead": 25 * time.Hour, "alive": 23 * time.Hour} {
		path := filepath.Join(dir, ".incoming", name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		written := time.Now().Add(-age)
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	openFolder(t, dir)
	if diff := cmp.Diff([]string{"alive"}, filesIn(t, filepath.Join(dir, ".incoming"))); diff != "" {
		t.Errorf("incoming (-want +got):\n%s", diff)
	}
}

// A user who may write to the folder must not turn the gateway into a reader of other
// files.
func TestFolderDoesNotFollowLinksOutOfIt(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store := openFolder(t, dir)
	for name, target := range map[string]string{"file": outside, "folder": filepath.Dir(outside)} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"file", "folder/secret"} {
		if got, err := get(t, store, key); err == nil {
			t.Errorf("Get(%q) gave %q", key, got)
		}
	}
	for info := range store.List(t.Context(), "", "") {
		t.Errorf("List gives %q", info.Key)
	}
	if err := store.Put(t.Context(), "folder/new", strings.NewReader("x"), 1); err == nil {
		t.Error("Put through a link succeeded")
	}
	if got := filesIn(t, filepath.Dir(outside)); len(got) != 1 {
		t.Errorf("outside the store there are %q", got)
	}
}

func TestFolderRefusesAKeyBelowAnObject(t *testing.T) {
	store := openFolder(t, t.TempDir())
	mustPut(t, store, "a", "sealed")
	if err := store.Put(t.Context(), "a/b", strings.NewReader("x"), 1); err == nil || errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("Put below an object = %v, want a refusal", err)
	}
	if err := store.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	mustPut(t, store, "a/b", "sealed") // what was learned about the object is not held against the folder
}

// A folder that was taken away is no empty store.
func TestFolderThatIsGoneIsUnavailable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	store := openFolder(t, dir)
	mustPut(t, store, "d/object", "sealed")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "d/other", strings.NewReader("x"), 1); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("Put = %v, want ErrUnavailable", err)
	}
	var err error
	for _, err = range store.List(t.Context(), "", "") {
	}
	if !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("List = %v, want ErrUnavailable", err)
	}
}

func TestFolderErrorsThatMeanAway(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.ENOSPC: true, syscall.EDQUOT: true, syscall.EIO: true, syscall.EROFS: true, syscall.EMFILE: true,
		syscall.EACCES: false, syscall.EINVAL: false,
	} {
		got := objects.FolderError(&fs.PathError{Op: "write", Path: "d", Err: err})
		if errors.Is(got, gateway.ErrUnavailable) != want || !errors.Is(got, err) {
			t.Errorf("%v became %v; want away: %v", err, got, want)
		}
	}
	if err := objects.FolderError(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}

func TestFolderTellsWhenAFileIsCutUnderAReader(t *testing.T) {
	dir := t.TempDir()
	store := openFolder(t, dir)
	mustPut(t, store, "object", "0123456789")
	body, _, err := store.Get(t.Context(), "object", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if err := os.Truncate(filepath.Join(dir, "object"), 4); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if _, err := io.Copy(&got, body); !errors.Is(err, io.ErrUnexpectedEOF) || got.String() != "0123" {
		t.Errorf("read %q, %v; want 0123 and an unexpected end", got.String(), err)
	}
}

func TestOpenFolderNeedsAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if _, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: dir}); err == nil {
			t.Errorf("OpenFolder(%q) succeeded", dir)
		}
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, seed := range []string{"d/ab/ab4", "", "..", "a/../b", "a//b", "A", "a\x00", "/a", "a/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if objects.CheckKey(key) != nil {
			return
		}
		// What passes means one file below the folder and one path below the bucket.
		if !filepath.IsLocal(key) || filepath.ToSlash(filepath.Clean(key)) != key || fmt.Sprintf("%q", key) != `"`+key+`"` {
			t.Errorf("CheckKey(%q) passed", key)
		}
	})
}

// Another process takes the key and lets it go again all the time. A Put that says it
// stored must have stored.
func TestFolderPutThatLostTheKeySaysSo(t *testing.T) {
	dir := t.TempDir()
	store := openFolder(t, dir)
	other, key := filepath.Join(t.TempDir(), "other"), filepath.Join(dir, "key")
	if err := os.WriteFile(other, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	var racing, done atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for !done.Load() {
			if racing.Load() && os.Link(other, key) == nil { // so it is the other's, and stays so until
				os.Remove(key)
			}
			runtime.Gosched()
		}
	})
	for range 200 {
		// The race begins when the body ends, after Put has seen that the key is free.
		body := io.MultiReader(strings.NewReader("sealed"), reader(func() error { racing.Store(true); return io.EOF }))
		err := store.Put(t.Context(), "key", body, 6)
		racing.Store(false)
		if errors.Is(err, gateway.ErrObjectExists) {
			continue
		}
		if err != nil {
			t.Errorf("Put: %v", err)
			break
		}
		if got, err := get(t, store, "key"); err != nil || got != "sealed" {
			t.Errorf("what was stored: %q, %v", got, err)
			break
		}
		if err := store.Delete(t.Context(), "key"); err != nil {
			t.Errorf("Delete: %v", err)
			break
		}
	}
	done.Store(true)
	group.Wait()
}

// reader is a body that only fails.
type reader func() error

func (r reader) Read([]byte) (int, error) { return 0, r() }
