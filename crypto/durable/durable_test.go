package durable_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/crypto/durable/durabletest"
)

// mustHold fails when a file holds none of the texts. An empty text allows that it is
// missing.
func mustHold(t testing.TB, c durabletest.Crashed, name string, texts ...string) {
	t.Helper()
	got, err := os.ReadFile(c.Path(name))
	if errors.Is(err, fs.ErrNotExist) && slices.Contains(texts, "") {
		return
	}
	if err != nil || !slices.Contains(texts, string(got)) || len(got) == 0 {
		t.Errorf("%s: %s holds %q, %v", c.How, name, got, err)
	}
}

// after is the first text until it was promised, and then the second.
func after(c durabletest.Crashed, promise string, before, then string) []string {
	if slices.Contains(c.Promised, promise) {
		return []string{then}
	}
	return []string{before, then}
}

func TestAFileOfADiskSurvivesOrWasNotPromised(t *testing.T) {
	m := durabletest.New(t)
	disk, key := m.Disk(), m.Path("a/b/key")
	steps := []struct {
		name string
		do   func() error
	}{
		{"folder", func() error { return disk.MakeFolder(m.Path("a/b"), 0o700) }},
		{"created", func() error { return disk.CreateFile(key, 0o600, durable.Content([]byte("old key"))) }},
		{"linked", func() error { return disk.LinkFile(key, m.Path("a/b/former")) }},
		{"next", func() error { return disk.CreateFile(m.Path("a/b/next"), 0o600, durable.Content([]byte("new key"))) }},
		{"renamed", func() error { return disk.RenameFile(m.Path("a/b/next"), key) }},
		{"replaced", func() error { return disk.ReplaceFile(key, 0o600, []byte("newer key")) }},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		m.Promise(s.name)
	}
	crashes := m.Each(func(t testing.TB, c durabletest.Crashed) {
		if slices.Contains(c.Promised, "folder") {
			if _, err := os.Stat(c.Path("a/b")); err != nil {
				t.Errorf("%s: %v", c.How, err)
			}
		}
		key := []string{""}
		for _, k := range []struct{ from, done, text string }{{"folder", "created", "old key"}, {"next", "renamed", "new key"}, {"renamed", "replaced", "newer key"}} {
			if slices.Contains(c.Promised, k.from) {
				key = append(key, k.text)
			}
			if slices.Contains(c.Promised, k.done) {
				key = []string{k.text}
			}
		}
		mustHold(t, c, "a/b/key", key...)
		mustHold(t, c, "a/b/former", after(c, "linked", "", "old key")...)
	})
	if crashes < 100 {
		t.Errorf("only %d crashes", crashes)
	}
}

func TestAFileOfAFolderSurvivesOrWasNotPromised(t *testing.T) {
	m := durabletest.New(t)
	folder, err := m.Disk().Open(m.Path("store"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if err := folder.MakeFolder("in"); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string, place func(p *durable.Pending) error) {
		t.Helper()
		p, err := folder.Begin("in/1", 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(p, text); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.Flush(), place(p)); err != nil {
			t.Fatal(err)
		}
		m.Promise(text)
		if err := p.Discard(); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"d/e/one", "d/e/two", "d/f/three"} {
		put(name, name, func(p *durable.Pending) error { return p.Publish(name) })
	}
	put("g/four", "d/g/four", func(p *durable.Pending) error { return p.Claim("d/g/four") })
	put("d/e/two", "second", func(p *durable.Pending) error { return p.Replace("d/e/two") })
	if err := folder.Remove("d/e/one"); err != nil {
		t.Fatal(err)
	}
	m.Promise("removed")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		for _, name := range []string{"d/e/one", "d/e/two", "d/f/three", "d/g/four"} {
			texts := after(c, name, "", name)
			if name == "d/e/one" && slices.Contains(c.Promised, "second") {
				texts = append(texts, "")
			}
			if name == "d/e/two" && slices.Contains(c.Promised, "d/g/four") {
				texts = after(c, "second", "d/e/two", "second")
			}
			mustHold(t, c, "store/"+name, texts...)
		}
		if _, err := os.Stat(c.Path("store/d/e/one")); err == nil && slices.Contains(c.Promised, "removed") {
			t.Errorf("%s: the removed file is back", c.How)
		}
	})
}

// A process dies at any point, without a crash of the machine. The next process relies
// only on entries that are synced.
func TestANextProcessReliesOnNothingThatWasNotSynced(t *testing.T) {
	died := true
	for n := 0; died; n++ {
		m := durabletest.New(t)
		m.KillAfter(n)
		_ = store(m, "one") // it may die on the way
		died = m.Restart()
		if err := store(m, "two"); err != nil {
			t.Fatal(err)
		}
		m.Promise("two")
		m.Now(func(t testing.TB, c durabletest.Crashed) {
			mustHold(t, c, "a/b/c/d/two", after(c, "two", "", "two")...)
			mustHold(t, c, "a/b/c/d/one", "", "one")
		})
	}
}

func store(m *durabletest.Machine, name string) error {
	folder, err := m.Disk().Open(m.Path("a/b"), 0o700)
	if err != nil {
		return err
	}
	defer folder.Close()
	p, err := folder.Begin(name, 0o600)
	if err != nil {
		return err
	}
	defer p.Discard()
	_, err = io.WriteString(p, name)
	return errors.Join(err, p.Flush(), p.Publish("c/d/"+name))
}

func TestALogHasItsNameAndWhatWasSynced(t *testing.T) {
	m := durabletest.New(t)
	folder, err := m.Disk().Open(m.Path("out"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	log, err := folder.Log("of/log", 0o600)
	if err != nil {
		t.Fatal(err)
	}
	m.Promise("begun")
	io.WriteString(log, "line\n")
	io.WriteString(log, "end\n")
	if err := errors.Join(log.Sync(), log.Close()); err != nil {
		t.Fatal(err)
	}
	m.Promise("ended")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		got, err := os.ReadFile(c.Path("out/of/log"))
		if err != nil && slices.Contains(c.Promised, "begun") {
			t.Errorf("%s: %v", c.How, err)
		}
		if whole := "line\nend\n"; !strings.HasPrefix(whole, string(got)) || string(got) != whole && slices.Contains(c.Promised, "ended") {
			t.Errorf("%s: it holds %q", c.How, got)
		}
	})
	if _, err := folder.Log("of/log", 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second log of the name: %v", err)
	}
}

func TestCreateFileNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var disk durable.Disk
	if err := disk.CreateFile(path, 0o640, durable.Content([]byte("first"))); err != nil {
		t.Fatal(err)
	}
	err := disk.CreateFile(path, 0o600, durable.Content([]byte("second")))
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	raced := filepath.Join(filepath.Dir(path), "raced")
	err = disk.CreateFile(raced, 0o600, func(io.Writer) error { return os.WriteFile(raced, []byte("faster"), 0o600) })
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("over one that came meanwhile: %v", err)
	}
	for name, want := range map[string]string{path: "first", raced: "faster"} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 2 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// A file whose content or name could not be synced is not there, and the caller is told.
func TestAFileThatCannotBeSyncedIsRemoved(t *testing.T) {
	for failing := range 2 {
		dir := t.TempDir()
		disk := durable.WithLayer(func(_ string, under durable.FS) durable.FS { return &failingSync{under, failing} })
		if err := disk.CreateFile(filepath.Join(dir, "key"), 0o600, durable.Content([]byte("key"))); !errors.Is(err, syscall.EIO) {
			t.Errorf("sync %d failing: %v", failing, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("sync %d failing leaves %v, %v", failing, left, err)
		}
	}
}

// failingSync fails the sync of files (0) or of folders (1).
type failingSync struct {
	durable.FS
	failing int
}

func (f *failingSync) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	file, err := f.FS.OpenFile(name, flag, perm)
	if isFolder := flag&os.O_CREATE == 0; err == nil && isFolder == (f.failing == 1) {
		return failingFile{file}, nil
	}
	return file, err
}

type failingFile struct{ durable.File }

func (failingFile) Sync() error { return syscall.EIO }

// A removable disk has no hard links. A name is claimed there all the same, by one writer
// alone.
func TestClaimWithoutHardLinks(t *testing.T) {
	m := durabletest.New(t)
	disk := durable.WithLayer(func(dir string, under durable.FS) durable.FS { return noLinks{m.Layer(dir, under)} })
	path := m.Path("key")
	if err := disk.CreateFile(path, 0o600, durable.Content([]byte("key"))); err != nil {
		t.Fatal(err)
	}
	m.Promise("created")
	err := disk.CreateFile(path, 0o600, durable.Content([]byte("other")))
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	raced := m.Path("raced")
	err = disk.CreateFile(raced, 0o600, func(io.Writer) error { return os.WriteFile(raced, []byte("faster"), 0o600) })
	if got, _ := os.ReadFile(raced); !errors.Is(err, fs.ErrExist) || string(got) != "faster" {
		t.Errorf("over one that came meanwhile: %v, it holds %q", err, got)
	}
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		got, err := os.ReadFile(c.Path("key"))
		if slices.Contains(c.Promised, "created") && string(got) != "key" || err == nil && string(got) != "" && string(got) != "key" {
			t.Errorf("%s: it holds %q, %v", c.How, got, err)
		}
	})
}

type noLinks struct{ durable.FS }

func (noLinks) Link(from, to string) error {
	return &os.LinkError{Op: "link", Old: from, New: to, Err: fmt.Errorf("as on a removable disk: %w", syscall.EPERM)}
}

func TestAPendingFileIsNotNamedBeforeItIsFlushed(t *testing.T) {
	var disk durable.Disk
	folder, err := disk.Open(t.TempDir(), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	p, err := folder.Begin("temporary", 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if p.Publish("name") == nil || p.Claim("name") == nil || p.Replace("name") == nil {
		t.Error("it has its name before it is flushed")
	}
	if err := p.Discard(); err != nil {
		t.Error(err)
	}
	if left, err := fs.ReadDir(folder.Root().FS(), "."); err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestMakeFolderRefusesAFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var disk durable.Disk
	if err := disk.MakeFolder(filepath.Join(dir, "file"), 0o700); err == nil {
		t.Error("of a disk")
	}
	folder, err := disk.Open(dir, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if err := folder.MakeFolder("file"); err == nil {
		t.Error("of a folder")
	}
}
