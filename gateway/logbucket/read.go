package logbucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sort"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/s3"
)

// maxPublished is more than the largest thing that is published: a bundle of 256 leaves
// of 16 KiB.
const maxPublished = 5 << 20

// Read implements publish.Sink.
func (b *Bucket) Read(ctx context.Context, name string) ([]byte, error) {
	data, err := b.read(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

func (b *Bucket) read(ctx context.Context, name string) ([]byte, error) {
	body, size, err := b.open(ctx, name)
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
func (b *Bucket) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	if err := errors.Join(ctx.Err(), publish.CheckName(name)); err != nil {
		return nil, 0, err
	}
	first := "" // the newest version, where any may be replaced
	if b.immutable(name) {
		var err error
		if first, err = b.firstVersion(ctx, name); err != nil {
			return nil, 0, err
		}
	}
	body, size, err := b.store.GetVersion(ctx, name, first)
	if errors.Is(err, s3.ErrMissing) {
		return nil, 0, publish.ErrMissing
	}
	return body, size, err
}

// firstVersion is the id of the oldest version of an object: the one that was published,
// whatever lies over it.
func (b *Bucket) firstVersion(ctx context.Context, name string) (id string, err error) {
	var oldest time.Time
	for version, err := range b.store.Versions(ctx, name) {
		switch {
		case err != nil:
			return "", err
		case version.Name != name || version.Marker:
		case id == "" || !version.Modified.After(oldest): // the newest come first: of two in one second it is the later one
			id, oldest = version.ID, version.Modified
		}
	}
	if id == "" {
		return "", publish.ErrMissing
	}
	return id, nil
}

// List implements publish.Sink.
func (b *Bucket) List(ctx context.Context, folder string) ([]string, error) {
	names, err := b.list(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", folder, err)
	}
	return names, nil
}

func (b *Bucket) list(ctx context.Context, folder string) ([]string, error) {
	found := map[string]bool{}
	for name, err := range b.names(ctx, folder) {
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

// names gives the last parts of the names right below a folder, in the order of the
// bucket. A name that has several versions comes once where they come one after the
// other. After an error nothing comes any more.
func (b *Bucket) names(ctx context.Context, folder string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		prefix := ""
		if folder != "." {
			if err := publish.CheckName(folder); err != nil {
				yield("", err)
				return
			}
			prefix = folder + "/"
		}
		last := ""
		for name, err := range b.below(ctx, prefix) {
			if err != nil {
				yield("", err)
				return
			}
			// A folder ends in a slash.
			name = strings.TrimSuffix(strings.TrimPrefix(name, prefix), "/")
			if publish.CheckName(name) != nil || name == last {
				continue
			}
			if last = name; !yield(name, nil) {
				return
			}
		}
	}
}

// below gives the names right below a prefix. In a bucket with Object Lock a name is
// there while a version of it is.
func (b *Bucket) below(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if !b.keeps {
			for object, err := range b.store.Folder(ctx, prefix) {
				if !yield(object.Name, err) {
					return
				}
			}
			return
		}
		for version, err := range b.store.FolderVersions(ctx, prefix) {
			if !version.Marker && !yield(version.Name, err) {
				return
			}
		}
	}
}
