package durable

import (
	"io"
	"io/fs"
	"os"
)

// FS has the calls that this package makes to a file system. The names are those of its
// Disk or Folder. OpenFile also opens a folder, for syncing it. Every method behaves like
// the function of package os that has its name. Several goroutines may call it at once.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Mkdir(name string, perm fs.FileMode) error
	Link(from, to string) error
	Rename(from, to string) error
	Remove(name string) error
}

// File is an open file, or a folder that is open for syncing it.
type File interface {
	io.Writer
	Chmod(perm fs.FileMode) error
	Sync() error
	Close() error
}

// A Layer puts an FS over another one, whose names are relative to dir; dir is empty
// where they are paths of the machine.
type Layer func(dir string, under FS) FS

func (l Layer) over(dir string, under FS) FS {
	if l == nil {
		return under
	}
	return l(dir, under)
}

// machine is the file system of the machine.
type machine struct{}

func (machine) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	file, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (machine) Mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }
func (machine) Link(from, to string) error                { return os.Link(from, to) }
func (machine) Rename(from, to string) error              { return os.Rename(from, to) }
func (machine) Remove(name string) error                  { return os.Remove(name) }

// below is the file system below one folder. No link leads out of it.
type below struct{ root *os.Root }

func (b below) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	file, err := b.root.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (b below) Mkdir(name string, perm fs.FileMode) error { return b.root.Mkdir(name, perm) }
func (b below) Link(from, to string) error                { return b.root.Link(from, to) }
func (b below) Rename(from, to string) error              { return b.root.Rename(from, to) }
func (b below) Remove(name string) error                  { return b.root.Remove(name) }

// syncFolder makes the entries of a folder durable: new names, new folders, and removals.
func syncFolder(fsys FS, name string) error {
	folder, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return closing(folder, folder.Sync())
}
