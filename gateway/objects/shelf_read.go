package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sort"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway"
)

// maxPublished is more than the largest thing that is published: a bundle of 256 leaves of 16 KiB.
const maxPublished = 5 << 20

// Read implements publish.Sink.
func (s *Shelf) Read(ctx context.Context, name string) ([]byte, error) {
	data, err := s.read(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

func (s *Shelf) read(ctx context.Context, name string) ([]byte, error) {
	body, size, err := s.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if size > maxPublished {
		return nil, errors.New("it is larger than anything that is published")
	}
	return io.ReadAll(body)
}

// open opens what is stored under a name, and says how long it is.
func (s *Shelf) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	if err := errors.Join(ctx.Err(), publish.CheckName(name)); err != nil {
		return nil, 0, err
	}
	var o minio.GetObjectOptions
	if s.immutable(name) {
		var err error
		if o.VersionID, err = s.firstVersion(ctx, name); err != nil {
			return nil, 0, err
		}
	}
	body, _, header, err := s.store.reads.GetObject(ctx, s.store.bucket, s.name(name), o)
	if err = storeError(err); errors.Is(err, gateway.ErrObjectMissing) {
		return nil, 0, publish.ErrMissing
	}
	if err != nil {
		return nil, 0, err
	}
	size, err := wholeSize(header, 0)
	if err != nil {
		body.Close()
		return nil, 0, err
	}
	return &bounded{body: body, left: size, failure: storeError}, size, nil
}

// firstVersion is the id of the oldest version of an object: the one that was published, whatever lies over it.
func (s *Shelf) firstVersion(ctx context.Context, name string) (id string, err error) {
	var oldest time.Time
	for info := range s.versions(ctx, name, true) {
		switch {
		case info.Err != nil:
			return "", storeError(info.Err)
		case s.relative(info.Key) != name || info.IsDeleteMarker:
		case id == "" || !info.LastModified.After(oldest): // the newest come first: of two in one second it is the later one
			id, oldest = info.VersionID, info.LastModified
		}
	}
	if err := ctx.Err(); err != nil { // a listing that was cancelled ends as if it were complete
		return "", err
	}
	if id == "" {
		return "", publish.ErrMissing
	}
	return id, nil
}

// List implements publish.Sink.
func (s *Shelf) List(ctx context.Context, folder string) ([]string, error) {
	names, err := s.list(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", folder, err)
	}
	return names, nil
}

func (s *Shelf) list(ctx context.Context, folder string) ([]string, error) {
	found := map[string]bool{}
	for name, err := range s.names(ctx, folder) {
		if err != nil {
			return nil, err
		}
		found[name] = true
	}
	sorted := make([]string, 0, len(found))
	for name := range found {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	return sorted, nil
}

// names gives the last parts of the names right below a folder, in the order of the bucket. One that has several versions comes
// once where they come one after the other. After an error nothing comes any more.
func (s *Shelf) names(ctx context.Context, folder string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		prefix := ""
		if folder != "." {
			if err := publish.CheckName(folder); err != nil {
				yield("", err)
				return
			}
			prefix = folder + "/"
		}
		objects := s.versions(ctx, prefix, false)
		if !s.keeps {
			objects = s.store.reads.ListObjectsIter(ctx, s.store.bucket, minio.ListObjectsOptions{Prefix: s.name(prefix)})
		}
		last := ""
		for info := range objects {
			if info.Err != nil {
				yield("", storeError(info.Err))
				return
			}
			// A folder ends in a slash.
			name := strings.TrimSuffix(strings.TrimPrefix(s.relative(info.Key), prefix), "/")
			if publish.CheckName(name) != nil || info.IsDeleteMarker || name == last {
				continue
			}
			if last = name; !yield(name, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil { // a listing that was cancelled ends as if it were complete
			yield("", err)
		}
	}
}

// versions lists all versions of what begins with the prefix, and marks that it is deleted; what is in folders below it
// only where that is asked for.
func (s *Shelf) versions(ctx context.Context, prefix string, below bool) iter.Seq[minio.ObjectInfo] {
	return s.store.reads.ListObjectsIter(ctx, s.store.bucket,
		minio.ListObjectsOptions{Prefix: s.name(prefix), Recursive: below, WithVersions: true})
}

// relative is the name of an object without what goes before all names.
func (s *Shelf) relative(key string) string { return strings.TrimPrefix(key, s.store.prefix) }
