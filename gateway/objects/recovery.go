package objects

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway"
)

// partial holds files that have no name yet.
const partial = ".partial"

// RecoveryFolder is a folder of this machine that documents are recovered into, by one
// process at a time.
type RecoveryFolder struct {
	dir   string
	files *durable.Folder // nothing outside of it is reachable, links included
	lock  *os.File        // the folder itself, locked
}

var _ gateway.RecoveryFolder = (*RecoveryFolder)(nil)

// OpenRecoveryFolder makes or opens a folder. It removes the unfinished files of a
// recovery that died.
func OpenRecoveryFolder(dir string) (*RecoveryFolder, error) {
	return openRecoveryFolder(durable.Disk{}, dir)
}

func openRecoveryFolder(disk durable.Disk, dir string) (_ *RecoveryFolder, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	f := &RecoveryFolder{dir: dir}
	if f.files, err = disk.Open(dir, 0o700); err != nil {
		return nil, err
	}
	locked := false
	defer func() {
		if err == nil {
			return
		}
		if !locked {
			f.files.Close() // what is in partial belongs to the other recovery
			f.files = nil
		}
		err = errors.Join(err, f.Close())
	}()
	if f.lock, err = os.Open(dir); err != nil {
		return nil, err
	}
	if err := lockFile(f.lock); err != nil {
		return nil, fmt.Errorf("another recovery writes into it: %w", err)
	}
	locked = true
	if err := f.files.Root().RemoveAll(partial); err != nil {
		return nil, err
	}
	return f, f.files.MakeFolder(partial)
}

// Close removes what has no name yet, and lets another recovery in.
func (f *RecoveryFolder) Close() error {
	var err error
	if f.files != nil {
		err = errors.Join(f.files.Root().RemoveAll(partial), f.files.Close())
	}
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
	}
	return err
}

// Path is where a name of the folder is on this machine.
func (f *RecoveryFolder) Path(name string) string {
	return filepath.Join(f.dir, filepath.FromSlash(name))
}

// Open implements gateway.RecoveryFolder.
func (f *RecoveryFolder) Open(name string) (io.ReadCloser, error) { return f.files.Root().Open(name) }

// Log makes a file that is written line by line under its own name.
func (f *RecoveryFolder) Log(name string, perm fs.FileMode) (durable.File, error) {
	return f.files.Log(name, perm)
}

// Create implements gateway.RecoveryFolder.
func (f *RecoveryFolder) Create(name string) (gateway.RecoveryFile, error) {
	if err := f.files.MakeFolder(path.Dir(name)); err != nil {
		return nil, err
	}
	p, err := f.files.Begin(path.Join(partial, strings.ToLower(rand.Text())), 0o600)
	if err != nil {
		return nil, err
	}
	return &recoveryFile{p, name}, nil
}

// recoveryFile is a file in partial that gets its name at the end. A removable disk may
// have no hard links, so it claims the name.
type recoveryFile struct {
	*durable.Pending
	name string
}

// Commit implements gateway.RecoveryFile. The file is on the disk before it has its name,
// and the name before Commit returns.
func (f *recoveryFile) Commit() error {
	err := f.Flush()
	if err == nil {
		err = f.Claim(f.name)
	}
	return errors.Join(err, f.Discard())
}
