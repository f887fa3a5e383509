package publish_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/crypto/durable/durabletest"
)

// After a crash at any point, published files are there and whole. The checkpoint is the
// newest that was published or the next. A file in progress is whole or not there.
func TestPublishedFolderKeepsItsPromisesInACrash(t *testing.T) {
	m := durabletest.New(t)
	folder, err := publish.OpenFolderOn(m.Disk(), m.Path("ledgers/published"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	files := []string{"operator/tile/0/000", "operator/tile/0/001.p/7", "operator/tile/entries/000", "operator/checkpoints/00000000000000000256"}
	for i, name := range files {
		if err := folder.Create(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
		m.Promise(name)
		if err := folder.Replace(t.Context(), "operator/checkpoint", fmt.Appendf(nil, "checkpoint %d", i)); err != nil {
			t.Fatal(err)
		}
		m.Promise("checkpoint")
	}
	m.Each(func(t testing.TB, c durabletest.Crashed) {
		found, err := publish.OpenFolder(c.Path("ledgers/published"))
		if err != nil {
			t.Errorf("%s: %v", c.How, err)
			return
		}
		defer found.Close()
		checkpoints := 0
		for _, promised := range c.Promised {
			if promised == "checkpoint" {
				checkpoints++
			}
		}
		for _, name := range files {
			got, err := found.Read(t.Context(), name)
			absent := errors.Is(err, publish.ErrMissing) && !slices.Contains(c.Promised, name)
			if !absent && string(got) != name {
				t.Errorf("%s: %s holds %q, %v", c.How, name, got, err)
			}
		}
		got, err := found.Read(t.Context(), "operator/checkpoint")
		absent := errors.Is(err, publish.ErrMissing) && checkpoints == 0
		if may := []string{fmt.Sprintf("checkpoint %d", checkpoints-1), fmt.Sprintf("checkpoint %d", checkpoints)}; !absent && !slices.Contains(may, string(got)) {
			t.Errorf("%s: after checkpoint %d there is %q, %v", c.How, checkpoints-1, got, err)
		}
	})
}

// A process dies while it publishes. The next one publishes into the same folder, and
// then the machine crashes: its files are there.
func TestPublishedFolderReliesOnNothingThatADeadProcessLeft(t *testing.T) {
	died := true
	for n := 0; died; n++ {
		m := durabletest.New(t)
		create := func(name string) error {
			folder, err := publish.OpenFolderOn(m.Disk(), m.Path("published"))
			if err != nil {
				return err
			}
			defer folder.Close()
			return folder.Create(t.Context(), name, []byte(name))
		}
		m.KillAfter(n)
		_ = create("operator/tile/0/000") // it may die on the way
		died = m.Restart()
		if err := create("operator/tile/0/001"); err != nil {
			t.Fatal(err)
		}
		m.Now(func(t testing.TB, c durabletest.Crashed) {
			found, err := publish.OpenFolder(c.Path("published"))
			if err != nil {
				t.Errorf("%s: %v", c.How, err)
				return
			}
			defer found.Close()
			if got, err := found.Read(t.Context(), "operator/tile/0/001"); string(got) != "operator/tile/0/001" {
				t.Errorf("%s: it holds %q, %v", c.How, got, err)
			}
		})
	}
}

// Partial tiles are removed, with their folder, when there is a full one. A process that
// is behind publishes one of them again.
func TestPublishedFolderMakesAFolderAgainThatAnotherProcessRemoved(t *testing.T) {
	dir := t.TempDir()
	one, other := openFolder(t, dir), openFolder(t, dir)
	if err := one.Create(t.Context(), "operator/tile/0/000.p/7", []byte("7")); err != nil {
		t.Fatal(err)
	}
	if err := other.Remove(t.Context(), "operator/tile/0/000.p"); err != nil {
		t.Fatal(err)
	}
	if err := one.Create(t.Context(), "operator/tile/0/000.p/8", []byte("8")); err != nil {
		t.Fatal(err)
	}
}

func openFolder(t *testing.T, dir string) *publish.Folder {
	t.Helper()
	folder, err := publish.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder
}
