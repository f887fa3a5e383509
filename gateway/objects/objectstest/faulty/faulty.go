// Package faulty is an object store that bites: a gateway.Objects in front of another one
// that fails on command, in the ways in which stores fail. Tests use it to die at a
// chosen point of an upload or a download and to see what is left.
//
//	store := faulty.New(folder)
//	store.FailNextPut(faulty.Stored) // the object is there, and the caller is told that it is not
//
// Nothing here waits for time to pass: a Put that is held stands still until the test
// lets it go.
package faulty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/bordereau/bordereau/gateway"
)

// ErrBite is in every error that this package makes, beside gateway.ErrUnavailable.
var ErrBite = errors.New("injected failure")

// A Failure is a way for a Put to fail.
type Failure int

// The ways for a Put to fail.
const (
	NotStored Failure = iota + 1 // the body is read to its end, nothing is stored
	Stored                       // the object is stored, and only the answer is lost
)

// Store is the store that bites. It is safe for concurrent use.
type Store struct {
	under gateway.Objects

	mu   sync.Mutex
	away bool    // owned by mu
	next Failure // of the next Put, 0: none; owned by mu
	hold *Hold   // of the next Put, nil: none; owned by mu
}

var (
	_ gateway.Objects    = (*Store)(nil)
	_ gateway.Unfinished = (*Store)(nil)
)

// New puts a store that bites in front of under. It behaves until it is told otherwise.
func New(under gateway.Objects) *Store { return &Store{under: under} }

// SetAway makes every call fail, before anything is read or stored, until it is set back.
func (s *Store) SetAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// FailNextPut makes the next Put, and only that, fail in the given way.
func (s *Store) FailNextPut(f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = f
}

// HoldNextPut makes the next Put, and only that, stand still when it has read its body,
// just before the object appears.
func (s *Store) HoldNextPut() *Hold {
	h := &Hold{reached: make(chan struct{}), release: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = h
	return h
}

// Hold is one Put that stands still.
type Hold struct {
	reached chan struct{}
	release chan struct{}
	once    sync.Once
}

// Reached is closed when the Put stands still.
func (h *Hold) Reached() <-chan struct{} { return h.reached }

// Release lets the Put go on. It goes on even where its context has ended meanwhile: a
// late request at a real server does not know that either. Releasing twice is once.
func (h *Hold) Release() { h.once.Do(func() { close(h.release) }) }

// take gives what the next Put is to suffer, once.
func (s *Store) take() (away bool, f Failure, h *Hold) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return true, 0, nil
	}
	f, h = s.next, s.hold
	s.next, s.hold = 0, nil
	return false, f, h
}

// Put implements gateway.Objects.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	away, failure, hold := s.take()
	if away {
		return bite("storing object")
	}
	if hold != nil {
		ctx = context.WithoutCancel(ctx)
		body = &held{body: body, hold: hold}
	}
	if failure == NotStored {
		_, err := io.Copy(io.Discard, body)
		return errors.Join(bite("storing object"), err)
	}
	err := s.under.Put(ctx, key, body, size)
	if err == nil && failure == Stored {
		return bite("storing object")
	}
	return err
}

// held is a body that stands still before its end.
type held struct {
	body io.Reader
	hold *Hold
	once sync.Once
}

// Read implements io.Reader.
func (h *held) Read(p []byte) (int, error) {
	n, err := h.body.Read(p)
	if err == io.EOF {
		h.once.Do(func() { close(h.hold.reached) })
		<-h.hold.release
	}
	return n, err
}

// Get implements gateway.Objects.
func (s *Store) Get(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	if s.isAway() {
		return nil, 0, bite("opening object")
	}
	return s.under.Get(ctx, key, offset)
}

// Delete implements gateway.Objects.
func (s *Store) Delete(ctx context.Context, key string) error {
	if s.isAway() {
		return bite("deleting object")
	}
	return s.under.Delete(ctx, key)
}

// List implements gateway.Objects.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[gateway.ObjectInfo, error] {
	return func(yield func(gateway.ObjectInfo, error) bool) {
		if s.isAway() {
			yield(gateway.ObjectInfo{}, bite("listing objects"))
			return
		}
		s.under.List(ctx, prefix, after)(yield)
	}
}

// SweepUnfinished implements gateway.Unfinished; of a store under it that has nothing of
// the kind, there is nothing.
func (s *Store) SweepUnfinished(ctx context.Context, prefix string, drop func(gateway.ObjectInfo) (bool, error)) error {
	under, ok := s.under.(gateway.Unfinished)
	switch {
	case s.isAway():
		return bite("sweeping unfinished objects")
	case !ok:
		return nil
	}
	return under.SweepUnfinished(ctx, prefix, drop)
}

func (s *Store) isAway() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}

func bite(doing string) error {
	return fmt.Errorf("%s: %w: %w", doing, gateway.ErrUnavailable, ErrBite)
}
