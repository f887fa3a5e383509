//go:build unix

package installation

import (
	"os"
	"syscall"
)

// sameDisk says whether two files are on one file system.
func sameDisk(a, b os.FileInfo) bool {
	one, ok := a.Sys().(*syscall.Stat_t)
	other, ok2 := b.Sys().(*syscall.Stat_t)
	return ok && ok2 && one.Dev == other.Dev
}
