//go:build unix

package objects

import (
	"os"
	"syscall"
)

// lockFile locks a file for this process until it is closed, and fails where another has
// it.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// openAtOnce opens a pipe that no one writes to without waiting for a writer.
const openAtOnce = syscall.O_NONBLOCK
