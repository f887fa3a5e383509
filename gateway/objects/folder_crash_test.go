package objects_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/crypto/durable/durabletest"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
)

// openOn opens a store on a machine that can crash.
func openOn(t testing.TB, m *durabletest.Machine) *objects.Folder {
	t.Helper()
	store, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: m.Path("data/documents")}.OnDisk(m.Disk()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// After a crash at any point, an object that was stored is there and whole, one that was
// deleted is gone, and one that was on its way is whole or not there.
func TestFolderKeepsItsPromisesInACrash(t *testing.T) {
	m := durabletest.New(t)
	store := openOn(t, m)
	m.Promise("opened")
	bodies := map[string]string{"d/aa/one": strings.Repeat("1", 300), "d/aa/two": "2", "d/bb/three": "3"}
	for _, key := range []string{"d/aa/one", "d/aa/two", "d/bb/three"} {
		mustPut(t, store, key, bodies[key])
		m.Promise("put " + key)
	}
	if err := store.Delete(t.Context(), "d/aa/two"); err != nil {
		t.Fatal(err)
	}
	m.Promise("delete d/aa/two")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		found := openFolder(t, c.Path("data/documents"))
		defer found.Close()
		for key, body := range bodies {
			got, err := get(t, found, key)
			absent := errors.Is(err, gateway.ErrObjectMissing)
			stored, deleted := slices.Contains(c.Promised, "put "+key), slices.Contains(c.Promised, "delete "+key)
			switch {
			case err == nil && got != body || err != nil && !absent:
				t.Errorf("%s: %s holds %d bytes, %v", c.How, key, len(got), err)
			case absent && stored && key != "d/aa/two":
				t.Errorf("%s: %s was stored and is gone", c.How, key)
			case !absent && deleted:
				t.Errorf("%s: %s was deleted and is back", c.How, key)
			}
		}
	})
}

// A process dies anywhere on its way to store an object. The next process stores another
// one in the same folder, and then the machine crashes: what it stored is there.
func TestFolderReliesOnNothingThatADeadProcessLeft(t *testing.T) {
	died := true
	for n := 0; died; n++ {
		m := durabletest.New(t)
		m.KillAfter(n)
		dead, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: m.Path("data/documents")}.OnDisk(m.Disk()))
		if err == nil {
			_ = dead.Put(t.Context(), "d/aa/one", strings.NewReader("1"), 1) // it may die on the way
			dead.Close()
		}
		died = m.Restart()
		mustPut(t, openOn(t, m), "d/aa/two", "2")
		m.Promise("put")
		m.Now(func(t testing.TB, c durabletest.Crashed) {
			found := openFolder(t, c.Path("data/documents"))
			defer found.Close()
			if got, err := get(t, found, "d/aa/two"); slices.Contains(c.Promised, "put") && got != "2" {
				t.Errorf("%s: the object holds %q, %v", c.How, got, err)
			}
			if got, err := get(t, found, "d/aa/one"); err == nil && got != "1" {
				t.Errorf("%s: the dead process's object holds %q", c.How, got)
			}
		})
	}
}

// A Delete that died after it removed the file, and before the removal was on the disk,
// is repeated.
func TestFolderDeleteRepeatedAfterADeathIsKept(t *testing.T) {
	m := durabletest.New(t)
	store := openOn(t, m)
	mustPut(t, store, "d/aa/one", "1")
	m.KillAfter(1)
	if err := store.Delete(t.Context(), "d/aa/one"); !errors.Is(err, durabletest.ErrDead) {
		t.Fatalf("the first Delete: %v", err)
	}
	m.Restart()
	if err := openOn(t, m).Delete(t.Context(), "d/aa/one"); err != nil {
		t.Fatal(err)
	}
	m.Promise("deleted")
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		found := openFolder(t, c.Path("data/documents"))
		defer found.Close()
		if _, err := get(t, found, "d/aa/one"); slices.Contains(c.Promised, "deleted") && !errors.Is(err, gateway.ErrObjectMissing) {
			t.Errorf("%s: what was deleted is back, %v", c.How, err)
		}
	})
}
