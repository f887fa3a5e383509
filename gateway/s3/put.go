package s3

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway/s3/body"
)

// Put stores content under a name and returns when the server has it all. It never
// overwrites: ErrExists when the name is taken, whatever raced. Size is the exact number
// of bytes that content gives, or -1 when it is not known. A body that gives fewer or
// more, or fails, stores nothing; nor does one of unknown size that is longer than 10,000
// parts: ErrTooLong. After an error the object may still appear later, where the outcome
// at the server is not known.
//
// A body up to LargestPut is one streamed request, and the server either has all of it or
// nothing. A larger one goes in parts (parts.go), and so does a body of unknown size as
// soon as it is longer than one part; until then its beginning is held in memory.
//
// A body that is small, or held because its size was not known, is sent again when the
// server was away for a moment (again.go); a larger one comes from its sender and cannot
// be.
//
// The condition If-None-Match: * makes both create-only, whatever raced. (Ways says what
// makes them so without it.) Once the server has answered, what it has stored is held
// against what was sent, by its checksum or its size. Nothing of a caller's goes into a
// request but the body: keys and headers are ours.
func (b *Bucket) Put(ctx context.Context, name string, content io.Reader, size int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	release, err := b.claim(ctx, b.prefix+name)
	if err != nil {
		return err
	}
	defer release()
	m := body.NewMeter(ctx, content, size)
	return m.Settle(b.send(ctx, b.prefix+name, m, size))
}

func (b *Bucket) send(ctx context.Context, key string, m *body.Meter, size int64) error {
	switch {
	case size < 0 || b.ways.Ahead:
		return b.sendUnknown(ctx, key, m)
	case size > b.largestPut:
		return b.sendParts(ctx, key, b.newSlices(m, size))
	case size <= heldSize:
		return b.sendSmall(ctx, key, m, size)
	}
	return b.sendWhole(ctx, key, m, size, digests{})
}

// sendWhole sends a body in one request, and looks whether the server has stored it.
func (b *Bucket) sendWhole(ctx context.Context, key string, m *body.Meter, size int64, d digests) error {
	if size == 0 {
		// An HTTP client does not read a body of no bytes, so it would not notice
		// that there are some.
		if _, err := io.Copy(io.Discard, m); err != nil {
			return err
		}
	}
	o := b.createOnly()
	o.DisableContentSha256 = true // the client does not make one: it is in d, or there is none
	if d == (digests{}) {
		o.Checksum = minio.ChecksumCRC32C
	}
	w := b.watch(ctx)
	defer w.stop()
	summed := newSummed(m)
	answer, err := b.writes.PutObject(w.ctx, b.bucket, key, &sent{body: summed, w: w, p: b.patience}, size, d.md5, d.sha256, o)
	err = w.settle(err)
	if err != nil && m.Midway() || isConflict(err) {
		err = b.lostRace(ctx, key, err)
	}
	if err != nil {
		return b.storeError(err)
	}
	sum, whole := summed.result()
	if !whole && size > 0 {
		return nil // it is answered too early, and the meter says so
	}
	return b.confirm(ctx, key, size, sum, answer)
}

// sendUnknown sends a body whose size its end will tell.
func (b *Bucket) sendUnknown(ctx context.Context, key string, content io.Reader) error {
	held := newBuffered(content, b.partSize)
	if err := held.fill(); err != nil {
		return err
	}
	if held.ended {
		return b.sendHeld(ctx, key, held.reader, held.size)
	}
	return b.sendParts(ctx, key, held)
}

func isConflict(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && answer.StatusCode == http.StatusConflict
}

// lostRace finds out whether a failure that cannot have stored our body means that the
// key is taken. Servers answer a taken key while the body is still coming and hang up, so
// that the answer is lost; and to writers that met on one key they answer that there is a
// conflict, before they know which of them wins.
func (b *Bucket) lostRace(ctx context.Context, key string, failure error) error {
	if _, err := b.stat(ctx, key, minio.StatObjectOptions{}); err != nil {
		return failure
	}
	return ErrExists
}
