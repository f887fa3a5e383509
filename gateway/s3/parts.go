package s3

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway/s3/body"
)

const (
	// partSize is the size of every part but the last, and what a Put of unknown size
	// needs of memory at most. S3 wants at least 5 MiB.
	partSize = 16 << 20

	// mostParts is S3's limit. A body of unknown size can therefore have at most 16 MiB ×
	// 10,000 = 156.25 GiB; where the size is known parts grow with it.
	mostParts = 10_000

	// abortTimeout bounds the cleaning up after a failed upload, which its caller waits
	// for.
	abortTimeout = 30 * time.Second
)

// errTooManyParts is how a body of unknown size ends that turned out too long.
var errTooManyParts = fmt.Errorf("%w: it has more than %d parts of %d MiB", ErrTooLong, mostParts, partSize>>20)

// A cutter gives the parts of one body in order: their readers with their sizes, then a
// size of 0 when the body has ended well. A part is read to its end before the next one
// is asked for.
type cutter interface {
	next() (part io.Reader, size int64, err error)
}

// sendParts sends a body in parts and puts them together at the end. Until then there is
// no object. Die here: the parts stay, invisible, until Abort of the upload or Delete of
// the name removes them.
func (b *Bucket) sendParts(ctx context.Context, key string, cut cutter) error {
	var o minio.PutObjectOptions
	if !b.ways.Ahead {
		o.UserMetadata = map[string]string{"X-Amz-Checksum-Algorithm": "CRC32C"}
	}
	upload, err := b.begin(ctx, key, o)
	if err != nil {
		return err
	}
	var answer minio.UploadInfo
	parts, size, err := b.uploadParts(ctx, key, upload, cut)
	if err == nil {
		answer, err = b.complete(ctx, key, upload, parts, size)
	}
	if err != nil {
		b.abort(ctx, key, upload)
		return err
	}
	return b.confirm(ctx, key, size, "", answer)
}

func (b *Bucket) begin(ctx context.Context, key string, o minio.PutObjectOptions) (upload string, err error) {
	w := b.watch(ctx)
	defer w.stop()
	upload, err = b.writes.NewMultipartUpload(w.ctx, b.bucket, key, o)
	return upload, b.storeError(w.settle(err))
}

func (b *Bucket) uploadParts(ctx context.Context, key, upload string, cut cutter) (parts []minio.CompletePart, sum int64, err error) {
	for {
		part, size, err := cut.next()
		if err != nil || size == 0 {
			return parts, sum, err
		}
		if len(parts) == b.mostParts {
			return nil, 0, errTooManyParts
		}
		var d digests
		if held, ok := cut.(*buffered); ok && b.ways.Ahead {
			if d, err = digestsOf(held.reader()); err != nil {
				return nil, 0, err
			}
		}
		done, err := b.uploadPart(ctx, key, upload, len(parts)+1, part, size, d)
		if err != nil {
			return nil, 0, err
		}
		parts, sum = append(parts, done), sum+size
	}
}

// uploadPart sends one part in the same shape as sendWhole: unsigned, its checksum after
// it.
func (b *Bucket) uploadPart(ctx context.Context, key, upload string, number int, part io.Reader, size int64, d digests) (minio.CompletePart, error) {
	w := b.watch(ctx)
	defer w.stop()
	summed := newSummed(part)
	o := minio.PutObjectPartOptions{DisableContentSha256: true, Md5Base64: d.md5, Sha256Hex: d.sha256}
	if d == (digests{}) {
		o.Trailer = summed.trailer
	}
	done, err := b.writes.PutObjectPart(w.ctx, b.bucket, key, upload, number, &sent{body: summed, w: w, p: b.patience}, size, o)
	sum, whole := summed.result()
	switch {
	case err != nil:
		return minio.CompletePart{}, b.storeError(w.settle(err))
	case !whole:
		return minio.CompletePart{}, body.ErrEarly
	}
	p := minio.CompletePart{PartNumber: number, ETag: done.ETag}
	if d == (digests{}) {
		p.ChecksumCRC32C = sum
	}
	return p, nil
}

func (b *Bucket) complete(ctx context.Context, key, upload string, parts []minio.CompletePart, size int64) (minio.UploadInfo, error) {
	w := b.watch(ctx)
	defer w.stop()
	w.allow(b.patience.forAnswer(size))
	answer, err := b.writes.CompleteMultipartUpload(w.ctx, b.bucket, key, upload, parts, b.createOnly())
	err = w.settle(err)
	if isConflict(err) {
		err = b.lostRace(ctx, key, err)
	}
	return answer, b.storeError(err)
}

// abort removes the parts of a failed upload. The commonest failure is a caller that has
// gone, so it does not end with the caller's context; only here, for a Put that did would
// store what its caller took back.
func (b *Bucket) abort(ctx context.Context, key, upload string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	err := b.reads.AbortMultipartUpload(ctx, b.bucket, key, upload)
	if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
		b.logger.WarnContext(ctx, "parts of a failed upload stay in the bucket", "bucket", b.bucket, "key", key, "error", err)
	}
}

// slices cuts a body of known size without holding any of it.
type slices struct {
	body io.Reader
	left int64
	part int64 // bytes of every part but the last
}

func (b *Bucket) newSlices(body io.Reader, size int64) *slices {
	least := (size + mostParts - 1) / mostParts
	return &slices{body: body, left: size, part: max(b.partSize, least)}
}

func (s *slices) next() (io.Reader, int64, error) {
	n := min(s.part, s.left)
	if n == 0 {
		// Reading on proves the end: the meter fails a body that has more.
		if _, err := io.Copy(io.Discard, s.body); err != nil {
			return nil, 0, fmt.Errorf("looking for the end: %w", err)
		}
	}
	s.left -= n
	return io.LimitReader(s.body, n), n, nil
}
