package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// Get implements gateway.Objects. The body ends with ctx. It is the response itself: one connection, nothing read ahead.
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
	name := s.prefix + key
	var o minio.GetObjectOptions
	if offset > 0 {
		if err := o.SetRange(offset, 0); err != nil {
			return nil, 0, err
		}
	}
	body, _, header, err := s.reads.GetObject(ctx, s.bucket, name, o)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return s.getNothing(ctx, name, offset)
	}
	if err != nil {
		return nil, 0, storeError(err)
	}
	size, err := wholeSize(header, offset)
	if err != nil {
		body.Close()
		return nil, 0, err
	}
	return &bounded{body: body, left: size - offset, failure: storeError}, size, nil
}

// getNothing answers for an offset at or after the end, for which S3 has no range.
func (s *S3) getNothing(ctx context.Context, name string, offset int64) (io.ReadCloser, int64, error) {
	info, err := s.reads.StatObject(ctx, s.bucket, name, minio.StatObjectOptions{})
	if err != nil {
		return nil, 0, storeError(err)
	}
	if info.Size > offset {
		return nil, 0, fmt.Errorf("store has no range from byte %d of an object of %d", offset, info.Size)
	}
	return http.NoBody, info.Size, nil
}

// wholeSize is the whole object's size by a response's header, which must be the answer to what was asked: a server
// that does not know ranges sends everything.
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
