package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway"
)

// Put implements gateway.Objects. A body up to LargestPut is one streamed request, and the server either has all of it
// or nothing. A larger one goes in parts (s3_parts.go), and so does a body of unknown size as soon as it is longer than
// one part; until then its beginning is held in memory.
//
// A body that is small, or held because its size was not known, is sent again when the server was away for a moment
// (s3_again.go); a larger one comes from its sender and cannot be.
//
// The condition If-None-Match: * makes both create-only, whatever raced. Nothing of a caller's goes into a request but
// the body: keys and headers are ours.
func (s *S3) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	if err := s.put(ctx, key, body, size); err != nil {
		return fmt.Errorf("storing object: %w", err)
	}
	return nil
}

func (s *S3) put(ctx context.Context, key string, body io.Reader, size int64) error {
	if err := errors.Join(ctx.Err(), CheckKey(key)); err != nil {
		return err
	}
	name := s.prefix + key
	m := newMeter(ctx, body, size)
	return m.settle(s.send(ctx, name, m, size))
}

func (s *S3) send(ctx context.Context, name string, m *meter, size int64) error {
	switch {
	case size < 0:
		return s.sendUnknown(ctx, name, m)
	case size > s.largestPut:
		return s.sendParts(ctx, name, newSlices(m, size))
	case size <= heldSize:
		return s.sendSmall(ctx, name, m, size)
	}
	return s.sendWhole(ctx, name, m, size)
}

// sendWhole sends a body in one request.
func (s *S3) sendWhole(ctx context.Context, name string, m *meter, size int64) error {
	if size == 0 {
		// An HTTP client does not read a body of no bytes, so nobody would see that there are some.
		if _, err := io.Copy(io.Discard, m); err != nil {
			return err
		}
	}
	o := createOnly()
	o.DisableContentSha256 = true
	o.Checksum = minio.ChecksumCRC32C
	_, err := s.writes.PutObject(ctx, s.bucket, name, m, size, "", "", o)
	if err != nil && m.midway() || isConflict(err) {
		err = s.lostRace(ctx, name, err)
	}
	return storeError(err)
}

// sendUnknown sends a body whose size its end will tell.
func (s *S3) sendUnknown(ctx context.Context, name string, body io.Reader) error {
	b := newBuffered(body)
	if err := b.fill(); err != nil {
		return err
	}
	if b.ended {
		return s.sendHeld(ctx, name, b.reader, b.size)
	}
	return s.sendParts(ctx, name, b)
}

func createOnly() minio.PutObjectOptions {
	var o minio.PutObjectOptions
	o.SetMatchETagExcept("*")
	return o
}

func isConflict(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && answer.StatusCode == http.StatusConflict
}

// lostRace finds out whether a failure that cannot have stored our body means that the key is taken. Servers answer a
// taken key while the body is still coming and hang up, so that the answer is lost; and to writers that met on one key
// they answer that there is a conflict, before they know which of them wins.
func (s *S3) lostRace(ctx context.Context, name string, failure error) error {
	if _, err := s.reads.StatObject(ctx, s.bucket, name, minio.StatObjectOptions{}); err != nil {
		return failure
	}
	return gateway.ErrObjectExists
}
