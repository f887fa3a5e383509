package s3

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
)

// Bucket is one bucket of an S3-compatible server, which must honour If-None-Match. Names
// of objects are without the prefix of its Config. It is safe for concurrent use.
type Bucket struct {
	// Reads are repeated by the client when the server is away for a moment, and give up
	// on a silent server early. Writes are sent once, for a second try could meet the
	// success of the first and take it for another's object (only again.go, which has the
	// bytes to compare, sends them again); and they wait, for a server may take minutes
	// to put a large object together.
	reads, writes *minio.Core
	transports    []*http.Transport // theirs

	bucket     string
	prefix     string // empty, or ends with a slash
	largestPut int64
	partSize   int64 // of every part but the last, and what is held of a body of unknown size
	mostParts  int
	ways       Ways
	claimed    claims
	firstPause time.Duration // before a body is sent again
	patience   patience
	skew       atomic.Int64 // of this machine's clock, in nanoseconds, by the date of the last answer
	logger     *slog.Logger
}

// Open opens c.Bucket, which must be there and let us in. The error wraps ErrUnavailable
// when the server could not be asked.
func Open(ctx context.Context, c Config) (*Bucket, error) {
	b, err := open(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c, err)
	}
	return b, nil
}

func open(ctx context.Context, c Config) (*Bucket, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	b := &Bucket{
		bucket:     c.Bucket,
		prefix:     c.Prefix,
		largestPut: c.LargestPut,
		partSize:   c.partSize(),
		ways:       c.Ways,
		mostParts:  mostParts,
		firstPause: firstPause,
		patience:   patience{answerPatience, stallPatience},
		logger:     c.Logger,
	}
	if err := b.connect(ctx, c); err != nil {
		return nil, err
	}
	if err := b.findBucket(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close lets go of the connections that wait for a next request. Bodies that are open
// stay readable.
func (b *Bucket) Close() error {
	for _, t := range b.transports {
		t.CloseIdleConnections()
	}
	return nil
}

func (b *Bucket) findBucket(ctx context.Context) error {
	w := b.watch(ctx)
	defer w.stop()
	found, err := b.reads.BucketExists(w.ctx, b.bucket)
	if answer := minio.ToErrorResponse(err); answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusBadRequest {
		// The answer to a HEAD has no body, so it does not say why.
		if _, why := b.reads.ListObjectsV2(b.bucket, b.prefix, "", "", "", 1); why != nil {
			err = why
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("looking for the bucket: %w", w.settle(b.storeError(err)))
	case !found:
		return errors.New("the bucket does not exist")
	}
	return nil
}
