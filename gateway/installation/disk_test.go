package installation

import (
	"path/filepath"
	"testing"

	"github.com/bordereau/bordereau/config"
)

func TestPublishingToTheDatabaseDiskIsNoticed(t *testing.T) {
	disk := t.TempDir()
	for name, test := range map[string]struct {
		change func(c *config.Config)
		want   bool
	}{
		"default":                 {func(*config.Config) {}, true},
		"deep in the data folder": {func(c *config.Config) { c.Ledger.Publish.Dir = filepath.Join(disk, "data", "a", "b") }, true},
		"on its disk":             {func(c *config.Config) { c.Ledger.Publish.Dir = disk }, true},
		"on another":              {func(c *config.Config) { c.Ledger.Publish.Dir = "/proc" }, false},
		"in a bucket":             {func(c *config.Config) { c.Ledger.Publish = config.Publish{Engine: config.S3} }, false},
		"of a server":             {func(c *config.Config) { c.Database = config.Database{Engine: config.PostgreSQL} }, false},
	} {
		c := config.Default()
		c.DataDir = filepath.Join(disk, "data")
		c = c.Resolve(disk)
		c.Database.Path = filepath.Join(disk, "bordereau.db")
		test.change(&c)
		if got := PublishedOnDatabaseDisk(c); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
