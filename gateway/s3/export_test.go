package s3

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// LimitParts lowers S3's limit, which is beyond what a test can send.
func (b *Bucket) LimitParts(n int) { b.mostParts = n }

// Hurry leaves hardly a pause before a body is sent again.
func (b *Bucket) Hurry() { b.firstPause = time.Millisecond }

// Patience is how long the bucket waits for the server.
func (b *Bucket) Patience(d time.Duration) { b.patience = patience{d, d} }

// Waiting is a bucket without a server that waits so long.
func Waiting(answer, stall time.Duration) *Bucket { return &Bucket{patience: patience{answer, stall}} }

// Sending is a body on its way to the server, with the context of its call.
func (b *Bucket) Sending(ctx context.Context, content io.Reader) (io.Reader, context.Context) {
	w := b.watch(ctx)
	return &sent{body: content, w: w, p: b.patience}, w.ctx
}

// Receiving is a body on its way from the server, after its header.
func (b *Bucket) Receiving(ctx context.Context, content io.Reader) (io.Reader, context.Context) {
	w := b.watch(ctx)
	w.pause()
	return &received{io.NopCloser(content), w, b.patience}, w.ctx
}

// PartSize is the size of a part where nothing asks for larger ones.
const PartSize = partSize

// Plan cuts a body of a known size without reading it, and gives the sizes of its parts.
func Plan(t *testing.T, size int64) []int64 {
	cut := (&Bucket{partSize: partSize}).newSlices(strings.NewReader(""), size)
	var parts []int64
	for {
		_, n, err := cut.next()
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return parts
		}
		parts = append(parts, n)
	}
}
