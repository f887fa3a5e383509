package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/bordereau/bordereau/gateway"
)

// partial holds files that have no name yet.
const partial = ".partial"

// recoveryFolder is a folder of this machine that documents are recovered into, by one process at a time.
type recoveryFolder struct {
	dir  string
	root *os.Root // nothing outside of it is reachable, links included
	lock *os.File // the folder itself, locked
}

var _ gateway.RecoveryFolder = (*recoveryFolder)(nil)

// openRecoveryFolder makes or opens a folder, and removes what a recovery that died has left half-written.
func openRecoveryFolder(dir string) (_ *recoveryFolder, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f := &recoveryFolder{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	if f.lock, err = os.Open(dir); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("another recovery writes into it: %w", err)
	}
	if f.root, err = os.OpenRoot(dir); err != nil {
		return nil, err
	}
	if err := f.root.RemoveAll(partial); err != nil {
		return nil, err
	}
	return f, f.root.Mkdir(partial, 0o700)
}

func (f *recoveryFolder) close() error {
	var err error
	if f.root != nil {
		err = errors.Join(f.root.RemoveAll(partial), f.root.Close())
	}
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
	}
	return err
}

// Open implements gateway.RecoveryFolder.
func (f *recoveryFolder) Open(name string) (io.ReadCloser, error) { return f.root.Open(name) }

// Create implements gateway.RecoveryFolder.
func (f *recoveryFolder) Create(name string) (gateway.RecoveryFile, error) {
	if err := f.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	temporary := path.Join(partial, strings.ToLower(rand.Text()))
	file, err := f.root.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &recoveryFile{File: file, root: f.root, temporary: temporary, name: name}, nil
}

// recoveryFile is a file in partial that gets its name at the end.
type recoveryFile struct {
	*os.File
	root            *os.Root
	temporary, name string
}

// Commit implements gateway.RecoveryFile. The file is on the disk before it has its name, and the name before it returns.
func (f *recoveryFile) Commit() error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := f.link(); err != nil {
		return err
	}
	for folder := path.Dir(f.name); ; folder = path.Dir(folder) { // those that Create made, too
		if err := f.syncFolder(folder); err != nil || folder == "." {
			return err
		}
	}
}

// link gives the file its name, and fails where the name is taken. A file system without hard links, as on a removable
// disk, gets a look and a rename: only this process writes here.
func (f *recoveryFile) link() error {
	err := f.root.Link(f.temporary, f.name)
	if !errors.Is(err, syscall.EPERM) && !errors.Is(err, errors.ErrUnsupported) {
		return errors.Join(err, f.root.Remove(f.temporary))
	}
	if _, err := f.root.Lstat(f.name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fs.ErrExist, err)
	}
	return f.root.Rename(f.temporary, f.name)
}

func (f *recoveryFile) syncFolder(name string) error {
	folder, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Discard implements gateway.RecoveryFile.
func (f *recoveryFile) Discard() error {
	f.Close()
	if err := f.root.Remove(f.temporary); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// manifest is the list of what a recovery did: manifest-N.jsonl with the first N that is free, a JSON object for each
// document and the sum as the last line. Without its last line it is of a recovery that was broken off.
type manifest struct {
	folder *recoveryFolder
	file   *os.File // made with the first line
	failed []gateway.Recovered
}

func (m *manifest) add(d gateway.Recovered) error {
	if d.Status == gateway.RecoveryFailed {
		m.failed = append(m.failed, d)
	}
	return m.line(d)
}

func (m *manifest) line(v any) error {
	for n := 1; m.file == nil; n++ {
		file, err := m.folder.root.OpenFile(fmt.Sprintf("manifest-%d.jsonl", n), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("making the manifest: %w", err)
		}
		m.file = file
	}
	lines := json.NewEncoder(m.file)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(v); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return nil
}

// end ends the manifest, with the sum where the recovery came to its end.
func (m *manifest) end(r gateway.RecoveryReport, whole bool) error {
	var err error
	if whole {
		err = m.line(struct {
			Summary gateway.RecoveryReport `json:"summary"`
		}{r})
	}
	if m.file != nil {
		err = errors.Join(err, m.file.Sync(), m.file.Close())
	}
	return err
}

// path is where the manifest is; empty where there is none.
func (m *manifest) path() string {
	if m.file == nil {
		return ""
	}
	return filepath.Join(m.folder.dir, filepath.Base(m.file.Name()))
}
