package objects

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/s3/body"
)

// incoming holds bodies on their way in, inside the store's own folder because a hard
// link cannot leave its file system. No key starts with a dot.
const incoming = ".incoming"

// abandonedAfter is the age at which a file in incoming belongs to a process that died: a
// write renews it.
const abandonedAfter = 24 * time.Hour

// FolderConfig says where a Folder keeps its objects.
type FolderConfig struct {
	// Dir is the store's own folder, made with mode 0700 when it is missing. Its file
	// system must know hard links and honour fsync: a local one, not a network share. One
	// process at a time uses it.
	Dir string

	// Logger receives what was cleaned up. Nothing is logged when it is nil.
	Logger *slog.Logger

	disk durable.Disk // a test's; the machine's otherwise
}

// Folder keeps every object as one file: the key `d/ab/ab4…` is the file d/ab/ab4… under
// Dir.
type Folder struct {
	files  *durable.Folder // what is written
	root   *os.Root        // of files, for reading: nothing outside of it is reachable, links included
	logger *slog.Logger

	buffers sync.Pool // of *[]byte, copyBuffer long
}

var _ gateway.Objects = (*Folder)(nil)

// OpenFolder opens the store in c.Dir, proves that its file system can do what Put needs,
// and removes what uploads left behind more than a day ago.
func OpenFolder(ctx context.Context, c FolderConfig) (*Folder, error) {
	if c.Dir == "" {
		return nil, errors.New("opening document folder: Dir is empty")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	files, err := c.disk.Open(c.Dir, 0o700)
	if err != nil {
		return nil, fmt.Errorf("opening document folder: %w", err)
	}
	f := &Folder{files: files, root: files.Root(), logger: c.Logger}
	f.buffers.New = func() any { return new(make([]byte, copyBuffer)) }
	if err := f.prepare(ctx); err != nil {
		files.Close()
		return nil, fmt.Errorf("opening document folder: %w", err)
	}
	return f, nil
}

func (f *Folder) prepare(ctx context.Context) error {
	if err := f.files.MakeFolder(incoming); err != nil {
		return err
	}
	if err := f.sweepAbandoned(ctx); err != nil {
		return fmt.Errorf("sweeping abandoned uploads: %w", err)
	}
	return f.tryLink()
}

// tryLink fails now, rather than at the first document, where the file system has no hard
// links.
func (f *Folder) tryLink() error {
	from, to := tempName(), tempName()
	file, err := f.root.OpenFile(from, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.root.Remove(from)
	if err := file.Close(); err != nil {
		return err
	}
	if err := f.root.Link(from, to); err != nil {
		return fmt.Errorf("trying a hard link: %w", err)
	}
	return f.root.Remove(to)
}

// Get implements gateway.Objects.
func (f *Folder) Get(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	body, size, err := f.get(ctx, key, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("opening object: %w", err)
	}
	return body, size, nil
}

func (f *Folder) get(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	if err := errors.Join(ctx.Err(), CheckKey(key), checkOffset(offset)); err != nil {
		return nil, 0, err
	}
	if err := f.checkPlain(key); err != nil {
		return nil, 0, err
	}
	file, err := f.root.OpenFile(key, os.O_RDONLY|openAtOnce, 0)
	if missing(err) {
		return nil, 0, gateway.ErrObjectMissing
	}
	if err != nil {
		return nil, 0, folderError(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotPlain // it has come since
	}
	if err == nil {
		_, err = file.Seek(offset, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, 0, folderError(err)
	}
	return body.Bounded(file, max(0, info.Size()-offset), folderError), info.Size(), nil
}

// errNotPlain means that something else than a file has the name of an object: a link, a
// pipe. No gateway puts it there, and what it gives may be anything, or come never.
var errNotPlain = fmt.Errorf("%w: what has its name is no plain file", gateway.ErrTampered)

func (f *Folder) checkPlain(key string) error {
	info, err := f.root.Lstat(key)
	switch {
	case missing(err), err == nil && info.IsDir(): // a folder of other keys
		return gateway.ErrObjectMissing
	case err != nil:
		return folderError(err)
	case !info.Mode().IsRegular():
		return errNotPlain
	}
	return nil
}

func checkOffset(offset int64) error {
	if offset < 0 {
		return errors.New("offset is negative")
	}
	return nil
}

// missing includes the key below another object (`a/b` where `a` is one): there can be
// nothing.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Delete implements gateway.Objects. Folders stay: removing them would race with a Put
// that is about to use them.
func (f *Folder) Delete(ctx context.Context, key string) error {
	if err := f.delete(ctx, key); err != nil {
		return fmt.Errorf("deleting object: %w", err)
	}
	return nil
}

func (f *Folder) delete(ctx context.Context, key string) error {
	if err := errors.Join(ctx.Err(), CheckKey(key)); err != nil {
		return err
	}
	info, err := f.root.Lstat(key)
	switch {
	case missing(err):
		// An earlier Delete may have removed the file and died before the fsync, so there
		// is no shortcut here.
		return f.syncExisting(path.Dir(key))
	case err != nil:
		return folderError(err)
	case info.IsDir():
		return nil // a folder of other keys, no object
	}
	if err := f.files.Remove(key); !missing(err) {
		return folderError(err)
	}
	return f.syncExisting(path.Dir(key)) // another Delete was faster, and may die before its fsync
}

func (f *Folder) syncExisting(folder string) error {
	if err := f.files.Sync(folder); err != nil && !missing(err) {
		return folderError(err)
	}
	return nil
}

// Close releases the folder. Bodies that are open stay readable.
func (f *Folder) Close() error { return f.files.Close() }

func tempName() string { return path.Join(incoming, strings.ToLower(rand.Text())) }
