package durabletest_test

import (
	"io"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/crypto/durable/durabletest"
)

// A machine that loses nothing would pass every test. This test shows its losses, for a
// writer that leaves out one sync after the other.
func TestTheMachineLosesWhatWasNotSynced(t *testing.T) {
	for name, test := range map[string]struct {
		file, folder, above bool
		want                []string // the contents found when all is done
	}{
		"all synced":            {true, true, true, []string{"content"}},
		"file not synced":       {false, true, true, []string{"", "con", "content"}},
		"folder not synced":     {true, false, true, []string{"content", "missing"}},
		"new folder not synced": {true, true, false, []string{"content", "missing"}},
	} {
		m := durabletest.New(t)
		fsys := m.Layer(m.Dir(), host{m})
		if err := fsys.Mkdir("a", 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := fsys.OpenFile("a/file", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, "content")
		if test.file {
			f.Sync()
		}
		f.Close()
		for folder, sync := range map[string]bool{"a": test.folder, ".": test.above} {
			if d, err := fsys.OpenFile(folder, os.O_RDONLY, 0); err != nil {
				t.Fatal(err)
			} else if sync {
				d.Sync()
				d.Close()
			}
		}
		m.Promise("done")
		found := map[string]bool{}
		m.Each(func(_ testing.TB, c durabletest.Crashed) {
			if len(c.Promised) == 0 {
				return
			}
			text, err := os.ReadFile(c.Path("a/file"))
			if err != nil {
				text = []byte("missing")
			}
			found[string(text)] = true
		})
		if diff := cmp.Diff(test.want, slices.Sorted(maps.Keys(found))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// host is the file system of the machine's folder.
type host struct{ m *durabletest.Machine }

func (h host) OpenFile(name string, flag int, perm os.FileMode) (durable.File, error) {
	return os.OpenFile(h.m.Path(name), flag, perm)
}
func (h host) Mkdir(name string, perm os.FileMode) error { return os.Mkdir(h.m.Path(name), perm) }
func (h host) Link(from, to string) error                { return os.Link(h.m.Path(from), h.m.Path(to)) }
func (h host) Rename(from, to string) error              { return os.Rename(h.m.Path(from), h.m.Path(to)) }
func (h host) Remove(name string) error                  { return os.Remove(h.m.Path(name)) }
