package logbucket

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
	"github.com/bordereau/bordereau/gateway/s3"
)

// Reader shows what was published to a bucket as folders, to a person who verifies it: a
// folder for each ledger. It only asks and never sends anything to keep, so a key that
// may read is enough. In a bucket with Object Lock it reads, as the gateway does, the
// oldest version of what is published for good.
//
// An object is read as it comes, and no further than its reader reads. An error other
// than fs.ErrNotExist tells about the bucket or the way to it, and nothing about the
// ledgers. The first is kept (Err), because a verifier may take a file that cannot be
// read for a bad one.
type Reader struct {
	ctx    context.Context // of the verification: fs.FS has none
	bucket *Bucket
	folder string // within the bucket; "." is all of it
	first  *firstFailure
}

var (
	_ fs.StatFS = (*Reader)(nil)
	_ fs.SubFS  = (*Reader)(nil)
)

// firstFailure is why the bucket could not be read, for a reader and those of its
// folders.
type firstFailure struct {
	mu  sync.Mutex
	err error // owned by mu
}

// OpenReader opens the bucket, which must be there, for as long as ctx.
func OpenReader(ctx context.Context, c s3.Config) (*Reader, error) {
	store, err := s3.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	b := newBucket(store, Config{Config: c})
	if b.keeps, err = store.HasLock(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", c, err), store.Close())
	}
	return &Reader{ctx: ctx, bucket: b, folder: ".", first: &firstFailure{}}, nil
}

// Close lets go of the connections that wait for a next request.
func (r *Reader) Close() error { return r.bucket.Close() }

// Err is why something could not be read that may be there. Then what was read says
// nothing about the ledgers.
func (r *Reader) Err() error {
	r.first.mu.Lock()
	defer r.first.mu.Unlock()
	return r.first.err
}

// failed notes why something could not be read, and passes it on.
func (r *Reader) failed(op, name string, err error) error {
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
func (r *Reader) Sub(dir string) (fs.FS, error) {
	if !fs.ValidPath(dir) {
		return nil, &fs.PathError{Op: "sub", Path: dir, Err: fs.ErrInvalid}
	}
	sub := *r
	sub.folder = path.Join(r.folder, dir)
	return &sub, nil
}

// Open implements fs.FS. A folder is there even if it is empty, as in a bucket.
func (r *Reader) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if isFolder(name) {
		next, stop := iter.Pull2(r.bucket.names(r.ctx, path.Join(r.folder, name)))
		return &folder{info{name: name}, r, next, stop}, nil
	}
	body, size, err := r.bucket.open(r.ctx, path.Join(r.folder, name))
	if err != nil {
		return nil, r.failed("open", name, err)
	}
	return &file{info{name, size}, r, body}, nil
}

// Stat implements fs.StatFS. It sends no request: that a name is missing is found out
// when it is opened.
func (r *Reader) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	return info{name: name}, nil
}

// isFolder says which names in a ledger's folder are folders, of those that a verifier
// lists: the folder itself, the folders right below it, and the same for epochs after the
// first (see package publish). A bucket cannot say it without a request.
func isFolder(name string) bool {
	switch path.Base(name) {
	case ".", "checkpoints", "keys", "tile":
		return true
	}
	_, err := strconv.ParseInt(name, 10, 64)
	return err == nil
}

type info struct {
	name string
	size int64
}

func (i info) Name() string     { return path.Base(i.name) }
func (i info) Size() int64      { return i.size }
func (info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool      { return isFolder(i.name) }
func (info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.IsDir() {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type file struct {
	info
	reader *Reader
	body   io.ReadCloser
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return f.body.Close() }

func (f *file) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	if err != nil && err != io.EOF {
		err = f.reader.failed("read", f.name, err)
	}
	return n, err
}

type folder struct {
	info
	reader *Reader
	next   func() (string, error, bool)
	stop   func()
}

func (d *folder) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *folder) Close() error               { d.stop(); return nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a folder")}
}

// ReadDir implements fs.ReadDirFile, in the order of the bucket.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
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
		entries = append(entries, fs.FileInfoToDirEntry(info{name: strings.TrimPrefix(path.Join(d.name, name), "./")}))
	}
	return entries, nil
}
