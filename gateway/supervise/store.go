package supervise

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bordereau/bordereau/gateway"
)

// Store is an object store under watch: it passes every call on, and remembers the
// outcome of the last one.
type Store struct {
	gateway.Objects
	metrics *Metrics

	failing atomic.Bool
	mu      sync.Mutex
	last    time.Time // of the last call
}

// WatchStore puts a store under watch.
func WatchStore(store gateway.Objects, m *Metrics) *Store { return &Store{Objects: store, metrics: m} }

// Failing says that the last call failed, and not because of its caller.
func (s *Store) Failing() bool { return s.failing.Load() }

// ended notes the outcome of a call. An answer about an object is an answer: only what
// the store could not do counts.
func (s *Store) ended(ctx context.Context, call string, err error) {
	for _, answer := range []error{gateway.ErrObjectMissing, gateway.ErrObjectExists, gateway.ErrObjectTooLong, gateway.ErrObjectRetained} {
		if errors.Is(err, answer) {
			err = nil
		}
	}
	if err != nil && ctx.Err() != nil {
		return // the caller left: this says nothing
	}
	s.failing.Store(err != nil)
	s.mu.Lock()
	s.last = time.Now()
	s.mu.Unlock()
	s.metrics.storeCalled(call, err)
}

// Put implements gateway.Objects.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	given := &givenBody{body: body}
	err := s.Objects.Put(ctx, key, given, size)
	if err == nil || !given.failed.Load() {
		s.ended(ctx, "put", err)
	}
	return err
}

// givenBody notes that a body failed by itself, as when its sender left. The store is
// then not at fault.
type givenBody struct {
	body   io.Reader
	failed atomic.Bool
}

func (b *givenBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && err != io.EOF {
		b.failed.Store(true)
	}
	return n, err
}

// Get implements gateway.Objects.
func (s *Store) Get(ctx context.Context, key string, offset int64) (io.ReadCloser, int64, error) {
	body, size, err := s.Objects.Get(ctx, key, offset)
	s.ended(ctx, "get", err)
	if err != nil {
		return nil, 0, err
	}
	return &readBody{ReadCloser: body, store: s, ctx: ctx}, size, nil
}

// readBody notes that a body broke off.
type readBody struct {
	io.ReadCloser
	store *Store
	ctx   context.Context
}

func (b *readBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.store.ended(b.ctx, "read", err)
	}
	return n, err
}

// Delete implements gateway.Objects.
func (s *Store) Delete(ctx context.Context, key string) error {
	err := s.Objects.Delete(ctx, key)
	s.ended(ctx, "delete", err)
	return err
}

// List implements gateway.Objects.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[gateway.ObjectInfo, error] {
	return func(yield func(gateway.ObjectInfo, error) bool) {
		var failed error
		s.Objects.List(ctx, prefix, after)(func(o gateway.ObjectInfo, err error) bool {
			failed = errors.Join(failed, err)
			return yield(o, err)
		})
		s.ended(ctx, "list", failed)
	}
}

// SweepUnfinished implements gateway.Unfinished. A store without it has nothing
// unfinished.
func (s *Store) SweepUnfinished(ctx context.Context, prefix string, drop func(gateway.ObjectInfo) (bool, error)) error {
	store, ok := s.Objects.(gateway.Unfinished)
	if !ok {
		return nil
	}
	err := store.SweepUnfinished(ctx, prefix, drop)
	s.ended(ctx, "sweep-unfinished", err)
	return err
}

const (
	// storeEvery is how often an idle store is looked at.
	storeEvery = 15 * time.Second
	// storePatience is how long such a look may take.
	storePatience = 10 * time.Second
)

// absentKey is a key under which no object is ever stored: the gateway's own begin with
// d/ or j/.
const absentKey = "look"

// Watch looks at the store until ctx ends, whenever it was not called for a while. So
// Failing is true soon after an idle gateway lost its store, and false soon after it is
// back.
func (s *Store) Watch(ctx context.Context) {
	tick := time.NewTicker(storeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.look(ctx)
		}
	}
}

func (s *Store) look(ctx context.Context) {
	s.mu.Lock()
	idle := time.Since(s.last)
	s.mu.Unlock()
	if idle < storeEvery && !s.failing.Load() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	body, _, err := s.Objects.Get(limited, absentKey, 0)
	if err == nil {
		err = body.Close()
	}
	s.ended(ctx, "look", err) // a look that takes too long has failed, and ctx goes on
}
