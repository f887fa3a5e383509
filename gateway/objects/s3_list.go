package objects

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway"
)

// List implements gateway.Objects. It holds one page of at most 1000 objects at a time.
func (s *S3) List(ctx context.Context, prefix, after string) iter.Seq2[gateway.ObjectInfo, error] {
	return func(yield func(gateway.ObjectInfo, error) bool) {
		err := errors.Join(ctx.Err(), checkListing(prefix, after))
		if err == nil {
			err = s.list(ctx, prefix, after, yield)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(gateway.ObjectInfo{}, fmt.Errorf("listing objects: %w", err))
		}
	}
}

// errEnough means that the caller of List has had enough.
var errEnough = errors.New("enough")

func (s *S3) list(ctx context.Context, prefix, after string, yield func(gateway.ObjectInfo, error) bool) error {
	last := after
	for info := range s.reads.ListObjectsIter(ctx, s.bucket, s.listing(prefix, after)) {
		if info.Err != nil {
			return storeError(info.Err)
		}
		key := strings.TrimPrefix(info.Key, s.prefix)
		if CheckKey(key) != nil {
			continue // nothing of ours
		}
		if key <= last {
			return errors.New("store lists out of order") // going on after a key would leave objects out
		}
		last = key
		if !yield(gateway.ObjectInfo{Key: key, Size: info.Size, Modified: info.LastModified}, nil) {
			return errEnough
		}
	}
	return ctx.Err() // a listing that was cancelled ends as if it were complete
}

func (s *S3) listing(prefix, after string) minio.ListObjectsOptions {
	o := minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true, FetchOwner: new(bool)}
	if after != "" {
		o.StartAfter = s.prefix + after
	}
	return o
}
