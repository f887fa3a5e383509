package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway/s3/body"
)

// Get opens an object from byte offset to its end: ErrMissing when there is none. Size is
// the whole object's length. A reader that ends early gives io.ErrUnexpectedEOF, never
// io.EOF. The body ends with ctx. It is the response itself: one connection, nothing read
// ahead.
func (b *Bucket) Get(ctx context.Context, name string, offset int64) (io.ReadCloser, int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	return b.open(ctx, b.prefix+name, offset, minio.GetObjectOptions{})
}

// GetVersion opens one version of an object as Get does. Without an id it is the newest.
func (b *Bucket) GetVersion(ctx context.Context, name, id string) (io.ReadCloser, int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	return b.open(ctx, b.prefix+name, 0, minio.GetObjectOptions{VersionID: id})
}

// Stat gives the size of an object: ErrMissing when there is none.
func (b *Bucket) Stat(ctx context.Context, name string) (size int64, err error) {
	info, err := b.stat(ctx, b.prefix+name, minio.StatObjectOptions{})
	return info.Size, b.storeError(err)
}

// stat asks for an object's header. The error is the client's own.
func (b *Bucket) stat(ctx context.Context, key string, o minio.StatObjectOptions) (minio.ObjectInfo, error) {
	w := b.watch(ctx)
	defer w.stop()
	info, err := b.reads.StatObject(w.ctx, b.bucket, key, o)
	return info, w.settle(err)
}

func (b *Bucket) open(ctx context.Context, key string, offset int64, o minio.GetObjectOptions) (io.ReadCloser, int64, error) {
	if offset > 0 {
		if err := o.SetRange(offset, 0); err != nil {
			return nil, 0, err
		}
	}
	w := b.watch(ctx)
	content, _, header, err := b.reads.GetObject(w.ctx, b.bucket, key, o)
	w.pause()
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		w.stop()
		return b.openNothing(ctx, key, offset)
	}
	if err != nil {
		w.stop()
		return nil, 0, b.storeError(w.settle(err))
	}
	size, err := wholeSize(header, offset)
	if err != nil {
		content.Close()
		w.stop()
		return nil, 0, refused(err)
	}
	return body.Bounded(&received{content, w, b.patience}, size-offset, b.storeError), size, nil
}

// openNothing answers for an offset at or after the end, for which S3 has no range.
func (b *Bucket) openNothing(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	info, err := b.stat(ctx, key, minio.StatObjectOptions{})
	if err != nil {
		return nil, 0, b.storeError(err)
	}
	if info.Size > offset {
		return nil, 0, fmt.Errorf("%w: store has no range from byte %d of an object of %d", ErrRefused, offset, info.Size)
	}
	return http.NoBody, info.Size, nil
}

// wholeSize is the whole object's size by a response's header, which must be the answer
// to what was asked: a server that does not know ranges sends everything.
func wholeSize(header http.Header, offset int64) (int64, error) {
	var first, last, size int64
	if offset == 0 {
		if _, err := fmt.Sscanf(header.Get("Content-Length"), "%d", &size); err != nil {
			return 0, errors.New("store did not say how long the object is")
		}
		return size, nil
	}
	_, err := fmt.Sscanf(header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size)
	if err != nil || first != offset || last != size-1 {
		return 0, errors.New("store did not give the range that was asked for")
	}
	return size, nil
}
