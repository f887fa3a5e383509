package installation

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/bordereau/bordereau/config"
)

// PublishedOnDatabaseDisk says whether the ledgers are published to the disk of the
// database. A person who has one then has the other, and a snapshot brings both back: no
// check can tell that the database has gone back. The operator has to be warned, because
// this program knows no better place than the data folder.
func PublishedOnDatabaseDisk(c config.Config) bool {
	if c.Ledger.Publish.Engine != config.Folder || c.Database.Engine != config.SQLite {
		return false
	}
	if below, err := filepath.Rel(c.DataDir, c.Ledger.Publish.Dir); err == nil && below != ".." && !strings.HasPrefix(below, "../") {
		return true
	}
	published, err := os.Stat(c.Ledger.Publish.Dir)
	if err != nil {
		return false
	}
	database, err := os.Stat(filepath.Dir(c.Database.Path))
	return err == nil && sameDisk(published, database)
}
