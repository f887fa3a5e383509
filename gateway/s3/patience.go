package s3

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// A store that freezes keeps its connections, and says nothing. Every call therefore has
// a patience of its own, which counts only while the store is to move: not while a caller
// sends a body slowly, or takes one slowly.
const (
	// answerPatience is how long a server may be silent after it has a small request, or
	// before the first byte of what was asked for, however often it was asked again.
	answerPatience = 15 * time.Second

	// stallPatience is how long a server may take no byte of a body, or give none.
	stallPatience = 30 * time.Second

	// storedPerSecond is what the slowest server copies and syncs of a body before it
	// answers.
	storedPerSecond = 16 << 20
)

// errSilent is why a call ended that lost its patience.
var errSilent = errors.New("the store did not answer in time")

// patience is how long calls wait. A test has less.
type patience struct{ answer, stall time.Duration }

// forAnswer is how long a server may be silent once it has a body of so many bytes.
func (p patience) forAnswer(size int64) time.Duration {
	return min(p.answer+time.Duration(max(0, size)/storedPerSecond)*time.Second, writePatience)
}

// A watch ends a call whose server does not move. It waits from allow to pause.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer // owned by mu
	ended bool        // owned by mu
}

// watch begins a call, which its caller stops.
func (b *Bucket) watch(ctx context.Context) *watch {
	w := &watch{}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(b.patience.answer, func() { w.cancel(errSilent) })
	return w
}

// allow gives the server so long to move from now on.
func (w *watch) allow(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.timer.Reset(d)
	}
}

// pause waits for the caller, who has all the time there is.
func (w *watch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
}

// stop ends the call. Whatever was opened in it ends too.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.timer.Stop()
	w.cancel(nil)
}

// settle says of a call that lost its patience why it failed.
func (w *watch) settle(err error) error {
	if err != nil && errors.Is(context.Cause(w.ctx), errSilent) {
		return unavailable(errSilent)
	}
	return err
}

// sent is a body on its way to the server: what it waits for is the server while nothing
// is read, and its caller while something is.
type sent struct {
	body io.Reader
	w    *watch
	p    patience
	size int64 // that the server has to store once it has the end; of an earlier part too
}

// Read implements io.Reader.
func (s *sent) Read(p []byte) (int, error) {
	s.w.pause()
	n, err := s.body.Read(p)
	s.size += int64(n)
	if err != nil {
		s.w.allow(s.p.forAnswer(s.size))
	} else {
		s.w.allow(s.p.stall)
	}
	return n, err
}

// received is a body on its way to the caller.
type received struct {
	io.ReadCloser
	w *watch
	p patience
}

// Read implements io.Reader.
func (r *received) Read(p []byte) (int, error) {
	r.w.allow(r.p.stall)
	n, err := r.ReadCloser.Read(p)
	r.w.pause()
	if err == io.EOF {
		return n, err
	}
	return n, r.w.settle(err)
}

// Close implements io.Closer.
func (r *received) Close() error {
	err := r.ReadCloser.Close()
	r.w.stop()
	return err
}
