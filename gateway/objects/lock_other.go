//go:build !unix

package objects

import (
	"errors"
	"os"
)

// lockFile refuses: two recoveries could write into one folder.
func lockFile(*os.File) error { return errors.New("folders cannot be locked on this system") }

// openAtOnce is for pipes in folders, which other systems do not have.
const openAtOnce = 0
