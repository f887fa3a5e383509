package httpapi_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
)

// tampering is a store whose owner changes the bytes that it gives back. The size that it
// tells stays true.
type tampering struct {
	gateway.Objects
	change atomic.Pointer[func(io.ReadCloser) io.ReadCloser]
}

func newTampering(t *testing.T) *tampering {
	t.Helper()
	f, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &tampering{Objects: f}
}

// Get implements gateway.Objects.
func (s *tampering) Get(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	body, size, err := s.Objects.Get(ctx, key, offset)
	if change := s.change.Load(); err == nil && change != nil {
		body = (*change)(body)
	}
	return body, size, err
}

// flip changes one bit of every object.
func (s *tampering) flip(at int64) {
	change := func(body io.ReadCloser) io.ReadCloser { return &flipped{ReadCloser: body, left: at} }
	s.change.Store(&change)
}

// cut ends every object early, cleanly.
func (s *tampering) cut(at int64) {
	change := func(body io.ReadCloser) io.ReadCloser {
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(body, at), body}
	}
	s.change.Store(&change)
}

// pause makes every object stand still at a byte until the channel is closed.
func (s *tampering) pause(at int64, until <-chan struct{}) {
	change := func(body io.ReadCloser) io.ReadCloser { return &paused{ReadCloser: body, left: at, until: until} }
	s.change.Store(&change)
}

type flipped struct {
	io.ReadCloser
	left int64 // bytes before the one to change, negative when that is past
}

func (f *flipped) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if f.left >= 0 && f.left < int64(n) {
		p[f.left] ^= 1
	}
	f.left -= int64(n)
	return n, err
}
