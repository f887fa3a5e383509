package publish

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
)

const (
	// incoming holds files that are not whole yet. No ledger has a name like it.
	incoming = ".incoming"
	// maxFile is more than the largest thing that is published: a bundle of 256 leaves of 16 KiB.
	maxFile = 5 << 20
)

// Folder is a Sink in a folder.
type Folder struct {
	root *os.Root
}

// OpenFolder opens a folder, made when there is none.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("opening the folder to publish to: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder to publish to: %w", err)
	}
	f := &Folder{root: root}
	if err := f.makeFolder(incoming); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the folder to publish to: %w", err), root.Close())
	}
	return f, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Create implements Sink. A file gets its name when it is whole and on disk; link fails when the name is taken, whatever
// raced. If we die before the folder is on disk too, the file is there or it is not, and nobody was told that it is.
func (f *Folder) Create(ctx context.Context, name string, data []byte) error {
	return f.store(ctx, name, data, func(temp string) error {
		err := f.root.Link(temp, name)
		if errors.Is(err, fs.ErrExist) {
			return ErrExists
		}
		return err
	})
}

// Replace implements Sink.
func (f *Folder) Replace(ctx context.Context, name string, data []byte) error {
	return f.store(ctx, name, data, func(temp string) error { return f.root.Rename(temp, name) })
}

func (f *Folder) store(ctx context.Context, name string, data []byte, publish func(temp string) error) error {
	if err := errors.Join(ctx.Err(), CheckName(name)); err != nil {
		return err
	}
	temp := incoming + "/" + rand.Text()
	defer f.root.Remove(temp) // after a rename there is nothing to remove
	if err := f.write(temp, data); err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	if err := f.makeFolder(path.Dir(name)); err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	if err := publish(temp); err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	return f.sync(path.Dir(name))
}

func (f *Folder) write(name string, data []byte) error {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// makeFolder makes a folder and those above it, each durable in its parent before it is used.
func (f *Folder) makeFolder(name string) error {
	if name == "." {
		return nil
	}
	if _, err := f.root.Stat(name); err == nil {
		return nil
	}
	if err := f.makeFolder(path.Dir(name)); err != nil {
		return err
	}
	if err := f.root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return f.sync(path.Dir(name))
}

func (f *Folder) sync(folder string) error {
	d, err := f.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Read implements Sink.
func (f *Folder) Read(_ context.Context, name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading %s: %w", name, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is published: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("it is larger than anything that is published")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

// List implements Sink.
func (f *Folder) List(_ context.Context, folder string) ([]string, error) {
	d, err := f.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing what is published: %w", err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing what is published: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

// Remove implements Sink.
func (f *Folder) Remove(_ context.Context, folder string) error {
	if err := CheckName(folder); err != nil {
		return err
	}
	if err := f.root.RemoveAll(folder); err != nil {
		return fmt.Errorf("removing %s: %w", folder, err)
	}
	return nil
}
