package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bordereau/bordereau/audit/publish"
)

// ShelfReader shows what was published to a bucket as folders, for whoever verifies it: a folder for each ledger. It only asks and
// never sends anything to keep, so that a key that may read is enough. In a bucket with Object Lock it reads, as the gateway does,
// the oldest version of what is published for good (see Shelf).
//
// An object is read as it comes and no further than somebody reads. An error other than fs.ErrNotExist tells about the bucket or
// the way to it, and nothing about the ledgers; the first is kept, because to whoever reads, a file that cannot be read may look
// like a bad one.
type ShelfReader struct {
	ctx    context.Context // of whoever verifies: fs.FS has none
	shelf  *Shelf
	folder string // within the bucket; "." is all of it
	first  *firstFailure
}

var (
	_ fs.StatFS = (*ShelfReader)(nil)
	_ fs.SubFS  = (*ShelfReader)(nil)
)

// firstFailure is why the bucket could not be read, for a reader and those of its folders.
type firstFailure struct {
	mu  sync.Mutex
	err error // owned by mu
}

// OpenShelfReader opens the bucket, which must be there, for as long as ctx.
func OpenShelfReader(ctx context.Context, c S3Config) (*ShelfReader, error) {
	store, err := OpenS3(ctx, c)
	if err != nil {
		return nil, err
	}
	s := newShelf(store, ShelfConfig{S3Config: c})
	if s.keeps, err = s.hasLock(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", c, err), store.Close())
	}
	return &ShelfReader{ctx: ctx, shelf: s, folder: ".", first: &firstFailure{}}, nil
}

// Close lets go of the connections that wait for a next request.
func (r *ShelfReader) Close() error { return r.shelf.Close() }

// Err is why something could not be read that may be there: what was read says nothing about the ledgers then.
func (r *ShelfReader) Err() error {
	r.first.mu.Lock()
	defer r.first.mu.Unlock()
	return r.first.err
}

// failed notes why something could not be read, and passes it on.
func (r *ShelfReader) failed(op, name string, err error) error {
	switch {
	case errors.Is(err, publish.ErrMissing):
		err = fs.ErrNotExist
	case err != nil:
		r.first.mu.Lock()
		defer r.first.mu.Unlock()
		if r.first.err == nil {
			r.first.err = fmt.Errorf("reading %s: %w", path.Join(r.folder, name), err)
		}
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// Sub implements fs.SubFS.
func (r *ShelfReader) Sub(dir string) (fs.FS, error) {
	if !fs.ValidPath(dir) {
		return nil, &fs.PathError{Op: "sub", Path: dir, Err: fs.ErrInvalid}
	}
	sub := *r
	sub.folder = path.Join(r.folder, dir)
	return &sub, nil
}

// Open implements fs.FS. A folder is there whether something is in it or not, as in a bucket.
func (r *ShelfReader) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if isShelfFolder(name) {
		next, stop := iter.Pull2(r.shelf.names(r.ctx, path.Join(r.folder, name)))
		return &shelfFolder{shelfInfo{name: name}, r, next, stop}, nil
	}
	body, size, err := r.shelf.open(r.ctx, path.Join(r.folder, name))
	if err != nil {
		return nil, r.failed("open", name, err)
	}
	return &shelfFile{shelfInfo{name, size}, r, body}, nil
}

// Stat implements fs.StatFS. It asks nobody: what is not there is found out when it is opened.
func (r *ShelfReader) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	return shelfInfo{name: name}, nil
}

// isShelfFolder says which names within a ledger's folder are those of folders, of all that are listed by whoever verifies: itself,
// what is right below it, and the same of its epochs after the first (see package publish). A bucket would have to be asked.
func isShelfFolder(name string) bool {
	switch path.Base(name) {
	case ".", "checkpoints", "keys", "tile":
		return true
	}
	_, err := strconv.ParseInt(name, 10, 64)
	return err == nil
}

type shelfInfo struct {
	name string
	size int64
}

func (i shelfInfo) Name() string     { return path.Base(i.name) }
func (i shelfInfo) Size() int64      { return i.size }
func (shelfInfo) ModTime() time.Time { return time.Time{} }
func (i shelfInfo) IsDir() bool      { return isShelfFolder(i.name) }
func (shelfInfo) Sys() any           { return nil }

func (i shelfInfo) Mode() fs.FileMode {
	if i.IsDir() {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type shelfFile struct {
	shelfInfo
	reader *ShelfReader
	body   io.ReadCloser
}

func (f *shelfFile) Stat() (fs.FileInfo, error) { return f.shelfInfo, nil }
func (f *shelfFile) Close() error               { return f.body.Close() }

func (f *shelfFile) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	if err != nil && err != io.EOF {
		err = f.reader.failed("read", f.name, err)
	}
	return n, err
}

type shelfFolder struct {
	shelfInfo
	reader *ShelfReader
	next   func() (string, error, bool)
	stop   func()
}

func (d *shelfFolder) Stat() (fs.FileInfo, error) { return d.shelfInfo, nil }
func (d *shelfFolder) Close() error               { d.stop(); return nil }

func (d *shelfFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a folder")}
}

// ReadDir implements fs.ReadDirFile, in the order of the bucket.
func (d *shelfFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	var entries []fs.DirEntry
	for n <= 0 || len(entries) < n {
		name, err, more := d.next()
		switch {
		case !more && n > 0 && len(entries) == 0:
			return nil, io.EOF
		case !more:
			return entries, nil
		case err != nil:
			return entries, d.reader.failed("readdir", d.name, err)
		}
		entries = append(entries, fs.FileInfoToDirEntry(shelfInfo{name: strings.TrimPrefix(path.Join(d.name, name), "./")}))
	}
	return entries, nil
}
