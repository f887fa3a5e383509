package durable

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Pending is a file that has a temporary name. It gets its name with Publish, Claim or
// Replace, after Flush. Discard ends its use in any case.
type Pending struct {
	fsys       FS
	file       File
	temporary  string
	makeFolder func(name string) error // of the file that gets its name
	folderOf   func(name string) string
	closed     bool
	named      bool // the file has its name, which a crash can still undo
}

func begin(fsys FS, temporary string, perm fs.FileMode) (*Pending, error) {
	file, err := fsys.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return nil, err
	}
	return &Pending{fsys: fsys, file: file, temporary: temporary}, nil
}

// Write implements io.Writer.
func (p *Pending) Write(data []byte) (int, error) { return p.file.Write(data) }

// Flush ends the writing. The content is on the disk when it returns without an error.
// Some file systems report a failed write only when the file is closed, so that error
// counts too.
func (p *Pending) Flush() error {
	p.closed = true
	return closing(p.file, p.file.Sync())
}

// Publish gives the file its name. The error is fs.ErrExist where the name is taken. The
// file system decides that, so one of several writers succeeds. The name is on the disk
// when Publish returns without an error.
func (p *Pending) Publish(name string) error {
	return p.place(name, func() error { return p.fsys.Link(p.temporary, name) })
}

// Claim is Publish for a file system that may have no hard links, as on a removable disk.
// There it takes the name with an empty file and renames the file over it. If we die in
// between, the empty file stays behind. No reader takes it for a whole one.
func (p *Pending) Claim(name string) error {
	return p.place(name, func() error {
		err := p.fsys.Link(p.temporary, name)
		if !errors.Is(err, syscall.EPERM) && !errors.Is(err, errors.ErrUnsupported) {
			p.named = err == nil
			return err
		}
		empty, err := p.fsys.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		p.named = true
		if err := empty.Close(); err != nil {
			return err
		}
		return p.fsys.Rename(p.temporary, name)
	})
}

// Replace gives the file its name, in the place of the file that may have it. The name is
// on the disk when Replace returns without an error. If we die before, the name has the
// old file or the new one.
func (p *Pending) Replace(name string) error {
	return p.place(name, func() error { return p.fsys.Rename(p.temporary, name) })
}

func (p *Pending) place(name string, place func() error) error {
	if !p.closed {
		return errors.New("Flush the file before giving it a name")
	}
	if err := p.makeFolder(name); err != nil {
		return err
	}
	if err := place(); err != nil {
		return err
	}
	return syncFolder(p.fsys, p.folderOf(name))
}

// Discard removes the temporary name, and with it a file that has no other name. A
// temporary name that a crash brings back does no harm, so it is not synced.
func (p *Pending) Discard() error {
	if !p.closed {
		p.closed = true
		p.file.Close() // the file is not wanted, and neither is its error
	}
	if err := p.fsys.Remove(p.temporary); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// closing closes, and joins the error to one from before.
func closing(f File, before error) error { return errors.Join(before, f.Close()) }
