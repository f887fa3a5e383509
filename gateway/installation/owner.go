package installation

import (
	"path/filepath"

	"github.com/bordereau/bordereau/config"
)

// CheckOwner refuses to work on an installation whose folders belong to another user,
// before anything is made in them.
func CheckOwner(c config.Config) error { return checkOwners(c, runsAs()) }

func checkOwners(c config.Config, user int) error {
	folders := []string{c.DataDir}
	if c.Database.Engine == config.SQLite {
		folders = append(folders, filepath.Dir(c.Database.Path))
	}
	if c.Objects.Engine == config.Folder {
		folders = append(folders, c.Objects.Dir)
	}
	if c.Ledger.Publish.Engine == config.Folder {
		folders = append(folders, c.Ledger.Publish.Dir)
	}
	for _, folder := range folders {
		if err := checkOwner(folder, user); err != nil {
			return err
		}
	}
	return nil
}
