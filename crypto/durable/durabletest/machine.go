package durabletest

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bordereau/bordereau/crypto/durable"
)

// ErrDead ends every operation of a killed process.
var ErrDead = errors.New("the process is dead")

// Machine is a machine with one disk, a folder of the test. It records the operations on
// it.
type Machine struct {
	t   testing.TB
	dir string

	mu     sync.Mutex
	log    []operation
	start  int // the operations before it are over and cannot be crashed in
	dieAt  int // operations that succeed before the process dies; -1 for all
	opened int // inodes
}

// operation is an operation that was done, or a promise to a caller.
type operation struct {
	kind     kind
	path, to string // from the machine's folder
	inode    int
	data     []byte
	acked    string
}

type kind int

const (
	created  kind = iota // path is a new file
	made                 // path is a new folder
	wrote                // data was appended to inode
	synced               // inode
	listed               // the folder path was synced
	linked               // path has a second name
	renamed              // path has another name
	removed              // path
	promised             // acked was told to a caller
)

// New makes a machine whose disk is empty.
func New(t testing.TB) *Machine {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &Machine{t: t, dir: dir, dieAt: -1}
}

// Dir is where the machine's files are while it runs.
func (m *Machine) Dir() string { return m.dir }

// Path is the path of a file on the machine while it runs.
func (m *Machine) Path(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

// Disk is the machine's disk, for the code under test.
func (m *Machine) Disk() durable.Disk {
	return durable.WithLayer(m.Layer)
}

// Layer is the machine's own layer, for a test that puts another one over it.
func (m *Machine) Layer(dir string, under durable.FS) durable.FS { return &layer{m, dir, under} }

// Adopt tells the machine of a synced file that was there before it began to record.
func (m *Machine) Adopt(name string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opened++
	m.log = append(m.log, operation{kind: created, path: name, inode: m.opened}, operation{kind: wrote, inode: m.opened, data: content},
		operation{kind: synced, inode: m.opened}, operation{kind: listed, path: path.Dir(name)})
	m.start = len(m.log)
}

// Promise records that a caller got an answer of success. From here on a crash must not
// undo it.
func (m *Machine) Promise(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, operation{kind: promised, acked: what})
}

// KillAfter makes the process die after so many more operations. The machine goes on and
// keeps data that was not synced. It holds until Restart.
func (m *Machine) KillAfter(operations int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dieAt = operations
}

// Restart ends KillAfter. It says whether the process died.
func (m *Machine) Restart() (died bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	died, m.dieAt = m.dieAt == 0, -1
	return died
}

// do does one operation and records it, unless the process is dead.
func (m *Machine) do(f func() (operation, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dieAt == 0 {
		return ErrDead
	}
	o, err := f()
	if err != nil {
		return err
	}
	if m.dieAt > 0 {
		m.dieAt--
	}
	m.log = append(m.log, o)
	return nil
}

// layer is one FS of the machine.
type layer struct {
	m     *Machine
	dir   string
	under durable.FS
}

// path is the path of a name within the machine's folder. Nothing may be written outside
// of that folder, but folders above it may be synced.
func (l *layer) path(name string) string {
	full := filepath.Join(l.dir, name)
	rel, err := filepath.Rel(l.m.dir, full)
	if err != nil {
		l.m.t.Errorf("%s is not on the machine: %v", full, err)
	}
	return filepath.ToSlash(rel)
}

func (l *layer) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	f := &file{m: l.m, path: l.path(name), folder: flag&os.O_CREATE == 0}
	open := func() (_ operation, err error) {
		f.File, err = l.under.OpenFile(name, flag, perm)
		l.m.opened++
		f.inode = l.m.opened
		return operation{kind: created, path: f.path, inode: f.inode}, err
	}
	if f.folder { // nothing changes
		l.m.mu.Lock()
		defer l.m.mu.Unlock()
		if l.m.dieAt == 0 {
			return nil, ErrDead
		}
		_, err := open()
		return f, err
	}
	if flag&os.O_EXCL == 0 {
		return nil, errors.New("the machine records new files only: open with os.O_EXCL")
	}
	if err := l.m.do(open); err != nil {
		return nil, err
	}
	return f, nil
}

func (l *layer) Mkdir(name string, perm fs.FileMode) error {
	return l.m.do(func() (operation, error) {
		return operation{kind: made, path: l.path(name)}, l.under.Mkdir(name, perm)
	})
}

func (l *layer) Link(from, to string) error {
	return l.m.do(func() (operation, error) {
		return operation{kind: linked, path: l.path(from), to: l.path(to)}, l.under.Link(from, to)
	})
}

func (l *layer) Rename(from, to string) error {
	return l.m.do(func() (operation, error) {
		return operation{kind: renamed, path: l.path(from), to: l.path(to)}, l.under.Rename(from, to)
	})
}

func (l *layer) Remove(name string) error {
	return l.m.do(func() (operation, error) {
		return operation{kind: removed, path: l.path(name)}, l.under.Remove(name)
	})
}

// file is an open file or folder.
type file struct {
	durable.File
	m      *Machine
	path   string
	inode  int
	folder bool
}

func (f *file) Write(data []byte) (int, error) {
	err := f.m.do(func() (operation, error) {
		_, err := f.File.Write(data)
		return operation{kind: wrote, inode: f.inode, data: append([]byte(nil), data...)}, err
	})
	if err != nil {
		return 0, err
	}
	return len(data), nil
}

func (f *file) Sync() error {
	return f.m.do(func() (operation, error) {
		o := operation{kind: synced, inode: f.inode}
		if f.folder {
			o = operation{kind: listed, path: f.path}
		}
		return o, f.File.Sync()
	})
}

// isOutside says whether a path leads out of the machine's folder.
func isOutside(path string) bool { return path == ".." || strings.HasPrefix(path, "../") }
