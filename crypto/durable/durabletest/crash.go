package durabletest

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// Crashed is a machine after a crash.
type Crashed struct {
	Dir      string   // the machine's folder as it is found
	Promised []string // the promises to callers before the crash, in order
	How      string   // where it crashed and what was lost, for messages
}

// Path is the path of a file of the machine after the crash.
func (c Crashed) Path(name string) string { return filepath.Join(c.Dir, filepath.FromSlash(name)) }

// Each crashes the machine at every point and in every way, and calls look after each
// crash. It returns the number of crashes. No code may run on the machine meanwhile.
func (m *Machine) Each(look func(t testing.TB, c Crashed)) (crashes int) {
	m.t.Helper()
	for point := m.start; point <= len(m.log); point++ {
		crashes += m.crash(point, look)
	}
	return crashes
}

// Now crashes the machine at its present point, in every way.
func (m *Machine) Now(look func(t testing.TB, c Crashed)) {
	m.t.Helper()
	m.crash(len(m.log), look)
}

func (m *Machine) crash(point int, look func(t testing.TB, c Crashed)) int {
	m.t.Helper()
	d := replay(m.log[:point])
	ways := d.ways()
	for _, w := range ways {
		c := Crashed{How: fmt.Sprintf("after %d of %d operations, %s", point, len(m.log), w), Promised: d.promised,
			Dir: filepath.Join(m.t.TempDir(), "found")}
		if err := d.find(c.Dir, w); err != nil {
			m.t.Fatalf("%s: %v", c.How, err)
		}
		look(m.t, c)
		if err := os.RemoveAll(c.Dir); err != nil {
			m.t.Fatal(err)
		}
		if m.t.Failed() {
			m.t.Fatalf("%s: %s", c.How, describe(m.log[:point]))
		}
	}
	return len(ways)
}

// disk is the state of a machine's disk at one point.
type disk struct {
	files    map[int]*content
	folders  map[string]*folder
	promised []string
}

// content is the content of a file: the bytes written and how many of them are synced.
type content struct {
	data   []byte
	synced int
}

// folder has its present entries, the synced ones, and the changes in between.
type folder struct {
	now, synced map[string]entry
	pending     []change
}

// entry is a file or, with inode 0, a folder.
type entry struct{ inode int }

// change is a change of a folder. A crash keeps or loses it as a whole.
type change struct {
	removes, adds string
	added         entry
}

func (c change) to(entries map[string]entry) {
	if c.removes != "" {
		delete(entries, c.removes)
	}
	if c.adds != "" {
		entries[c.adds] = c.added
	}
}

func newFolder() *folder { return &folder{now: map[string]entry{}, synced: map[string]entry{}} }

// replay repeats operations in memory.
func replay(log []operation) *disk {
	d := &disk{files: map[int]*content{}, folders: map[string]*folder{".": newFolder()}}
	for _, o := range log {
		switch o.kind {
		case created:
			d.files[o.inode] = &content{}
			d.change(path.Dir(o.path), change{adds: path.Base(o.path), added: entry{o.inode}})
		case made:
			if !isOutside(o.path) && o.path != "." {
				d.folders[o.path] = newFolder()
				d.change(path.Dir(o.path), change{adds: path.Base(o.path)})
			}
		case wrote:
			d.files[o.inode].data = append(d.files[o.inode].data, o.data...)
		case synced:
			d.files[o.inode].synced = len(d.files[o.inode].data)
		case listed:
			if f := d.folders[o.path]; f != nil {
				f.synced, f.pending = maps.Clone(f.now), nil
			}
		case linked:
			d.change(path.Dir(o.to), change{adds: path.Base(o.to), added: d.entry(o.path)})
		case renamed:
			d.rename(o.path, o.to)
		case removed:
			d.change(path.Dir(o.path), change{removes: path.Base(o.path)})
		case promised:
			d.promised = append(d.promised, o.acked)
		}
	}
	return d
}

func (d *disk) entry(name string) entry { return d.folders[path.Dir(name)].now[path.Base(name)] }

func (d *disk) change(folder string, c change) {
	f := d.folders[folder]
	c.to(f.now)
	f.pending = append(f.pending, c)
}

// rename is one change within a folder. Between two folders it is two, and each folder is
// synced by itself.
func (d *disk) rename(from, to string) {
	moved := change{adds: path.Base(to), added: d.entry(from)}
	if path.Dir(from) == path.Dir(to) {
		moved.removes = path.Base(from)
		d.change(path.Dir(to), moved)
		return
	}
	d.change(path.Dir(to), moved)
	d.change(path.Dir(from), change{removes: path.Base(from)})
}

// way is a way to crash: what happens to data and entries that were not synced.
type way struct {
	entries string // all, none or one
	one     string // the folder of the one change that is kept
	number  int    // of it
	data    string // lost, torn or kept
}

func (w way) String() string {
	if w.entries == "one" {
		return fmt.Sprintf("change %d of folder %s kept, data %s", w.number, w.one, w.data)
	}
	return fmt.Sprintf("%s of the changed entries kept, data %s", w.entries, w.data)
}

func (d *disk) ways() []way {
	ways := []way{{entries: "all", data: "kept"}}
	for _, data := range []string{"lost", "torn"} {
		ways = append(ways, way{entries: "none", data: data}, way{entries: "all", data: data})
	}
	for _, name := range slices.Sorted(maps.Keys(d.folders)) {
		if len(d.folders[name].pending) < 2 && len(d.folders) == 1 {
			continue // one change, or none: that is all or none
		}
		for i := range d.folders[name].pending {
			ways = append(ways, way{entries: "one", one: name, number: i, data: "lost"})
		}
	}
	return ways
}

// find makes the folder that is found after a crash.
func (d *disk) find(dir string, w way) error { return d.findFolder(dir, ".", w) }

func (d *disk) findFolder(dir, name string, w way) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for base, e := range d.entriesAfter(name, w) {
		var err error
		if to := filepath.Join(dir, base); e.inode == 0 {
			err = d.findFolder(to, path.Join(name, base), w)
		} else {
			err = os.WriteFile(to, d.dataAfter(e.inode, w), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) entriesAfter(name string, w way) map[string]entry {
	f := d.folders[name]
	if w.entries == "all" {
		return f.now
	}
	entries := maps.Clone(f.synced)
	if w.entries == "one" && w.one == name {
		f.pending[w.number].to(entries)
	}
	return entries
}

func (d *disk) dataAfter(inode int, w way) []byte {
	c := d.files[inode]
	switch w.data {
	case "kept":
		return c.data
	case "torn":
		return c.data[:c.synced+(len(c.data)-c.synced)/2]
	default:
		return c.data[:c.synced]
	}
}

var names = map[kind]string{created: "create", made: "mkdir", wrote: "write", synced: "fsync", listed: "fsync folder", linked: "link",
	renamed: "rename", removed: "remove", promised: "PROMISE"}

// describe lists operations, for a message.
func describe(log []operation) string {
	text := ""
	for _, o := range log {
		text += fmt.Sprintf("\n  %-12s %s %s%s", names[o.kind], o.path, o.to, o.acked)
		if o.kind == wrote || o.kind == synced {
			text += fmt.Sprintf("(file %d, %d bytes)", o.inode, len(o.data))
		}
	}
	return text
}
