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

	"github.com/bordereau/bordereau/crypto/durable"
)

const (
	// incoming holds files that are not whole yet. No ledger has such a name.
	incoming = ".incoming"
	// maxFile is more than the largest thing that is published: a bundle of 256 leaves of
	// 16 KiB.
	maxFile = 5 << 20
)

// Folder is a Sink in a folder.
type Folder struct {
	files *durable.Folder // what is written
	root  *os.Root        // of files, for reading
}

// OpenFolder opens a folder, and makes it when it is missing.
func OpenFolder(dir string) (*Folder, error) { return openFolder(durable.Disk{}, dir) }

func openFolder(disk durable.Disk, dir string) (*Folder, error) {
	files, err := disk.Open(dir, 0o755)
	if err != nil {
		return nil, fmt.Errorf("opening the folder to publish to: %w", err)
	}
	if err := files.MakeFolder(incoming); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the folder to publish to: %w", err), files.Close())
	}
	return &Folder{files: files, root: files.Root()}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.files.Close() }

// Create implements Sink. A file gets its name when it is whole and on disk. link fails
// when the name is taken, also in a race. If we die before the folder is on disk too, the
// file may be there or not, and no caller was told that it is.
func (f *Folder) Create(ctx context.Context, name string, data []byte) error {
	return f.store(ctx, name, data, func(p *durable.Pending) error {
		err := p.Publish(name)
		if errors.Is(err, fs.ErrExist) {
			return ErrExists
		}
		return err
	})
}

// Replace implements Sink.
func (f *Folder) Replace(ctx context.Context, name string, data []byte) error {
	return f.store(ctx, name, data, func(p *durable.Pending) error { return p.Replace(name) })
}

func (f *Folder) store(ctx context.Context, name string, data []byte, place func(p *durable.Pending) error) error {
	if err := errors.Join(ctx.Err(), CheckName(name)); err != nil {
		return err
	}
	p, err := f.files.Begin(incoming+"/"+rand.Text(), 0o644)
	if err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	defer p.Discard()
	_, err = p.Write(data)
	if err == nil {
		err = p.Flush()
	}
	if err == nil {
		err = place(p)
	}
	if errors.Is(err, fs.ErrNotExist) { // another process removed the folder: see Remove
		f.files.Forget(path.Dir(name))
		err = place(p)
	}
	if err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	return nil
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
