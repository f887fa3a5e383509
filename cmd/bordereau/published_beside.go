package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/bordereau/bordereau/config"
)

// publishedBeside says whether the ledgers are published to where the database is, so that whoever has one has the other,
// and a snapshot that is restored brings back both. Nothing could then tell that the database has gone back. It is for the
// operator to be told: what is better than the data folder this program cannot know.
func publishedBeside(c config.Config) bool {
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
