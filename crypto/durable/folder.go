package durable

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// Folder is one folder of a Disk. Names within it have slashes. No name and no link leads
// out of it. Several goroutines may use it at once.
type Folder struct {
	root *os.Root
	fsys FS
	perm fs.FileMode // of the folders that are made below it

	mu    sync.Mutex
	known map[string]bool // folders whose own entry is known to be on the disk; owned by mu
}

// Open opens a folder. It makes it and those above it where they are missing, and returns
// when their entries are on the disk.
func (d Disk) Open(dir string, perm fs.FileMode) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := d.MakeFolder(dir, perm); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root: root, fsys: d.layer.over(dir, below{root}), perm: perm, known: map[string]bool{".": true}}, nil
}

// Root is the folder, for reading from it.
func (f *Folder) Root() *os.Root { return f.root }

// Close releases the folder. Open files stay open.
func (f *Folder) Close() error { return f.root.Close() }

// Begin begins a file under a temporary name, which must be free and in a folder that is
// there.
func (f *Folder) Begin(temporary string, perm fs.FileMode) (*Pending, error) {
	p, err := begin(f.fsys, temporary, perm)
	if err != nil {
		return nil, err
	}
	p.makeFolder = func(name string) error { return f.MakeFolder(path.Dir(name)) }
	p.folderOf = path.Dir
	return p, nil
}

// Log makes a file that is written from its beginning to its end under its own name. The
// error is fs.ErrExist where the name is taken. The name is on the disk when Log returns.
// The content is on the disk when the file's Sync returns. A crash can cut the end off,
// so a reader must be able to tell that the end is missing.
func (f *Folder) Log(name string, perm fs.FileMode) (File, error) {
	if err := f.MakeFolder(path.Dir(name)); err != nil {
		return nil, err
	}
	file, err := f.fsys.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return nil, err
	}
	if err := syncFolder(f.fsys, path.Dir(name)); err != nil {
		return nil, closing(file, err)
	}
	return file, nil
}

// MakeFolder makes a folder and those above it, and returns when their entries are on the
// disk. A folder that exists may have been made a moment ago by a goroutine, or by a
// process that died, without a sync. So the entry of a folder is synced once by each
// Folder before it relies on it.
func (f *Folder) MakeFolder(name string) error {
	f.mu.Lock()
	known := f.known[name]
	f.mu.Unlock()
	if known {
		return nil
	}
	above := path.Dir(name)
	if err := f.MakeFolder(above); err != nil {
		return err
	}
	if err := f.fsys.Mkdir(name, f.perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := f.root.Lstat(name); err != nil {
		return err
	} else if !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: name, Err: errors.New("a file has this name: move it away, or name another folder")}
	}
	if err := syncFolder(f.fsys, above); err != nil {
		return err
	}
	f.mu.Lock()
	f.known[name] = true
	f.mu.Unlock()
	return nil
}

// Forget forgets that the entries of a folder and of the folders above it are on the
// disk. A caller needs it when other processes remove its folders.
func (f *Folder) Forget(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ; name != "."; name = path.Dir(name) {
		delete(f.known, name)
	}
}

// Remove removes a file. When Remove returns without an error, the file stays removed
// after a crash.
func (f *Folder) Remove(name string) error {
	if err := f.fsys.Remove(name); err != nil {
		return err
	}
	return f.Sync(path.Dir(name))
}

// Sync makes the entries of a folder durable.
func (f *Folder) Sync(name string) error { return syncFolder(f.fsys, name) }
