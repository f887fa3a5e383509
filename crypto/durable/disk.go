package durable

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// unfinished begins the temporary names that a Disk gives.
const unfinished = ".unfinished-"

// Disk is the machine's own file system. Its zero value is ready for use.
type Disk struct {
	layer Layer
}

// WithLayer is the machine's file system with a layer over it, for tests.
func WithLayer(l Layer) Disk { return Disk{layer: l} }

func (d Disk) fsys() FS { return d.layer.over("", machine{}) }

// MakeFolder makes a folder, with those above it, and returns when their entries are on
// the disk. Folders that exist are synced all the same, up to the top: the process that
// made them may have died before. A folder that we may not read is the exception: it
// stays as its owner left it.
func (d Disk) MakeFolder(dir string, perm fs.FileMode) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	err = d.fsys().Mkdir(dir, perm)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := d.MakeFolder(filepath.Dir(dir), perm); err != nil {
			return err
		}
		if err := d.fsys().Mkdir(dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return d.SyncFolder(filepath.Dir(dir))
	case errors.Is(err, fs.ErrExist):
		if err := checkFolder(dir); err != nil {
			return err
		}
		return d.syncAbove(dir)
	case err != nil:
		return err
	}
	if err := d.SyncFolder(filepath.Dir(dir)); err != nil {
		return err
	}
	return d.syncAbove(filepath.Dir(dir))
}

func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "mkdir", Path: dir, Err: errors.New("a file has this name: move it away, or name another folder")}
	}
	return err
}

// syncAbove makes the entries of dir and of the folders above it durable. These folders
// may lie on a file system of another owner, so one that cannot sync folders at all
// (EINVAL) is accepted.
func (d Disk) syncAbove(dir string) error {
	for above := filepath.Dir(dir); above != dir; dir, above = above, filepath.Dir(above) {
		err := d.SyncFolder(above)
		if err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EINVAL) {
			return err
		}
	}
	return nil
}

// CreateFile makes a file that must not exist yet, with the content that write writes. It
// never overwrites: a name that is taken is fs.ErrExist. A file that could not be made
// durable is removed again.
func (d Disk) CreateFile(path string, perm fs.FileMode, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist} // saves writing in vain; Claim decides
	}
	return d.write(path, perm, write, func(p *Pending) error {
		err := p.Claim(path)
		if err != nil && p.named {
			err = errors.Join(err, p.fsys.Remove(path))
		}
		return err
	})
}

// ReplaceFile puts a file with the content in the place of another, whole or not at all.
func (d Disk) ReplaceFile(path string, perm fs.FileMode, content []byte) error {
	return d.write(path, perm, Content(content), func(p *Pending) error {
		return p.Replace(path)
	})
}

// write writes a temporary file beside path, with exactly this mode, and calls place for
// its name.
func (d Disk) write(path string, perm fs.FileMode, write func(io.Writer) error, place func(*Pending) error) error {
	p, err := begin(d.fsys(), filepath.Join(filepath.Dir(path), unfinished+strings.ToLower(rand.Text())), 0o600)
	if err != nil {
		return err
	}
	p.makeFolder, p.folderOf = func(string) error { return nil }, filepath.Dir
	err = write(p)
	if err == nil {
		err = p.file.Chmod(perm)
	}
	if err == nil {
		err = p.Flush()
	}
	if err == nil {
		err = place(p)
	}
	return errors.Join(err, p.Discard())
}

// LinkFile gives a file a second name and returns when the name is on the disk. The name
// must be free.
func (d Disk) LinkFile(from, to string) error {
	if err := d.fsys().Link(from, to); err != nil {
		return err
	}
	return d.SyncFolder(filepath.Dir(to))
}

// RenameFile gives a file a new name in the same folder, in the place of the file that
// may have it, and returns when the name is on the disk.
func (d Disk) RenameFile(from, to string) error {
	if err := d.fsys().Rename(from, to); err != nil {
		return err
	}
	return d.SyncFolder(filepath.Dir(to))
}

// SyncFolder makes the entries of a folder durable.
func (d Disk) SyncFolder(dir string) error { return syncFolder(d.fsys(), dir) }

// Content returns a function that writes the content, for CreateFile.
func Content(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}
