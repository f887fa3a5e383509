package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/s3"
)

// S3 keeps every object under its key in a bucket. What a bucket needs of care is in
// package s3; here its keys and its errors become the gateway's.
type S3 struct{ bucket *s3.Bucket }

var (
	_ gateway.Objects    = (*S3)(nil)
	_ gateway.Unfinished = (*S3)(nil)
)

// OpenS3 opens the store in c.Bucket, which must be there and let us in. The error wraps
// gateway.ErrUnavailable when the server could not be asked.
func OpenS3(ctx context.Context, c s3.Config) (*S3, error) {
	bucket, err := s3.Open(ctx, c)
	if err != nil {
		return nil, s3Error(err)
	}
	return &S3{bucket}, nil
}

// Close lets go of the connections that wait for a next request. Bodies that are open
// stay readable.
func (s *S3) Close() error { return s.bucket.Close() }

// Put implements gateway.Objects.
func (s *S3) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	err := errors.Join(ctx.Err(), CheckKey(key))
	if err == nil {
		err = s3Error(s.bucket.Put(ctx, key, body, size))
	}
	if err != nil {
		return fmt.Errorf("storing object: %w", err)
	}
	return nil
}

// Get implements gateway.Objects. The body ends with ctx.
func (s *S3) Get(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	body, size, err := s.get(ctx, key, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("opening object: %w", err)
	}
	return body, size, nil
}

func (s *S3) get(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	if err := errors.Join(ctx.Err(), CheckKey(key), checkOffset(offset)); err != nil {
		return nil, 0, err
	}
	body, size, err := s.bucket.Get(ctx, key, offset)
	if err != nil {
		return nil, 0, s3Error(err)
	}
	return s3Body{body}, size, nil
}

// s3Body is a body whose errors are the gateway's.
type s3Body struct{ io.ReadCloser }

// Read implements io.Reader.
func (b s3Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = s3Error(err)
	}
	return n, err
}

// Delete implements gateway.Objects: every version, delete markers too, and the parts of
// uploads that never ended.
func (s *S3) Delete(ctx context.Context, key string) error {
	err := errors.Join(ctx.Err(), CheckKey(key))
	if err == nil {
		err = s3Error(s.bucket.Delete(ctx, key))
	}
	if err != nil {
		return fmt.Errorf("deleting object: %w", err)
	}
	return nil
}

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
	for object, err := range s.bucket.List(ctx, prefix, after) {
		if err != nil {
			return s3Error(err)
		}
		if CheckKey(object.Name) != nil {
			continue // nothing of ours
		}
		if object.Name <= last {
			return errors.New("store lists out of order") // going on after a key would leave objects out
		}
		last = object.Name
		if !yield(gateway.ObjectInfo{Key: object.Name, Size: object.Size, Modified: object.Modified}, nil) {
			return errEnough
		}
	}
	return nil
}

// SweepUnfinished implements gateway.Unfinished: the parts of multipart uploads that were
// neither completed nor aborted. Modified is when one was begun; a server does not tell
// when it last got a part.
func (s *S3) SweepUnfinished(ctx context.Context, prefix string, drop func(gateway.ObjectInfo) (bool, error)) error {
	if err := s.sweep(ctx, prefix, drop); err != nil {
		return fmt.Errorf("sweeping unfinished objects: %w", err)
	}
	return nil
}

func (s *S3) sweep(ctx context.Context, prefix string, drop func(gateway.ObjectInfo) (bool, error)) error {
	if err := errors.Join(ctx.Err(), checkListing(prefix, "")); err != nil {
		return err
	}
	uploads, err := s.bucket.Uploads(ctx, prefix)
	if err != nil {
		return fmt.Errorf("listing uploads: %w", s3Error(err))
	}
	for _, upload := range uploads {
		if CheckKey(upload.Name) != nil {
			continue // nothing of ours
		}
		dropped, err := drop(gateway.ObjectInfo{Key: upload.Name, Size: upload.Size, Modified: upload.Begun})
		if err != nil {
			return err
		}
		if !dropped {
			continue
		}
		if err := s.bucket.Abort(ctx, upload); err != nil {
			return fmt.Errorf("aborting an upload: %w", s3Error(err))
		}
	}
	return nil
}
