package s3

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Info is one object of a listing.
type Info struct {
	Name     string
	Size     int64 // bytes
	Modified time.Time
}

// Version is one version of an object, or a marker that it is deleted.
type Version struct {
	Name     string // ends in a slash where it is a folder, which has no version
	ID       string
	Marker   bool
	Modified time.Time
}

// List gives the objects whose name starts with prefix and sorts after the name after, in
// the order of the server. It holds one page of at most 1000 at a time. After an error
// nothing more comes, in any of the listings.
func (b *Bucket) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	o := minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true, FetchOwner: new(bool)}
	if after != "" {
		o.StartAfter = b.prefix + after
	}
	return listed(ctx, b, o, func(o minio.ObjectInfo) Info {
		return Info{Name: b.name(o.Key), Size: o.Size, Modified: o.LastModified}
	})
}

// Folder gives the objects whose name starts with prefix, up to the next slash: what is
// behind one comes as a folder, whose name ends in it.
func (b *Bucket) Folder(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return listed(ctx, b, minio.ListObjectsOptions{Prefix: b.prefix + prefix}, func(o minio.ObjectInfo) Info {
		return Info{Name: b.name(o.Key), Size: o.Size, Modified: o.LastModified}
	})
}

// Versions gives all versions of the objects whose name starts with prefix, those of one
// object from the newest to the oldest.
func (b *Bucket) Versions(ctx context.Context, prefix string) iter.Seq2[Version, error] {
	return b.versions(ctx, prefix, true)
}

// FolderVersions is Versions up to the next slash, as Folder is.
func (b *Bucket) FolderVersions(ctx context.Context, prefix string) iter.Seq2[Version, error] {
	return b.versions(ctx, prefix, false)
}

func (b *Bucket) versions(ctx context.Context, prefix string, below bool) iter.Seq2[Version, error] {
	o := minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: below, WithVersions: true}
	return listed(ctx, b, o, func(o minio.ObjectInfo) Version {
		return Version{Name: b.name(o.Key), ID: o.VersionID, Marker: o.IsDeleteMarker, Modified: o.LastModified}
	})
}

// listed gives what the client lists. A listing that was cancelled ends at the client as
// if it were complete, so the context has the last word.
func listed[T any](ctx context.Context, b *Bucket, o minio.ListObjectsOptions, row func(minio.ObjectInfo) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		w := b.watch(ctx)
		defer w.stop()
		w.allow(b.patience.stall)
		for info := range b.reads.ListObjectsIter(w.ctx, b.bucket, o) {
			w.pause()
			if info.Err != nil {
				yield(none, b.storeError(w.settle(info.Err)))
				return
			}
			if !yield(row(info), nil) {
				return
			}
			w.allow(b.patience.stall)
		}
		if err := b.storeError(w.settle(w.ctx.Err())); err != nil {
			yield(none, err)
		}
	}
}

// name is an object's name, which its key has after the prefix.
func (b *Bucket) name(key string) string { return strings.TrimPrefix(key, b.prefix) }
