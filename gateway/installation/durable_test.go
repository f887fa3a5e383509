package installation

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway/identity"
)

// The folder of a new database is synced once its file is in it. SQLite writes past our
// file layer, so this test cannot see what SQLite syncs.
func TestANewDatabaseHasADurableName(t *testing.T) {
	dir := t.TempDir()
	c := config.Default()
	c.DataDir = dir
	c = c.Resolve(dir)
	if _, err := identity.NewKey(c.Keys.Ledger); err != nil {
		t.Fatal(err)
	}
	synced := map[string]bool{} // folders, with whether the database was there
	disk := durable.WithLayer(func(_ string, under durable.FS) durable.FS {
		return noting{under, func(folder string) {
			_, err := os.Stat(c.Database.Path)
			synced[folder] = err == nil
		}}
	})
	in, err := OpenLedger(t.Context(), Options{Config: c, Logger: slog.New(slog.DiscardHandler), disk: disk})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if !synced[filepath.Dir(c.Database.Path)] {
		t.Errorf("the folder of %s was not synced after it was made: %v", c.Database.Path, synced)
	}
}

// noting notes which folders are synced.
type noting struct {
	durable.FS
	note func(folder string)
}

func (n noting) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	file, err := n.FS.OpenFile(name, flag, perm)
	if err == nil && flag&os.O_CREATE == 0 {
		return notingFile{file, func() { n.note(name) }}, nil
	}
	return file, err
}

type notingFile struct {
	durable.File
	note func()
}

func (f notingFile) Sync() error {
	err := f.File.Sync()
	if err == nil {
		f.note()
	}
	return err
}
