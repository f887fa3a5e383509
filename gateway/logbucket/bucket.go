package logbucket

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/s3"
)

// Config says which bucket ledgers are published to, and how long it keeps them.
type Config struct {
	s3.Config

	// Retention is how what is published for good is kept. Other modes than
	// s3.NoRetention need a bucket with Object Lock.
	Retention s3.RetentionMode

	// Days is how long it is kept, from when it was published: 1 to 36500.
	Days int64

	// Clock is the time from which Days count. Default: time.Now.
	Clock func() time.Time
}

// Bucket is a publish.Sink in a bucket. Several gateways may use one at once.
type Bucket struct {
	store *s3.Bucket
	keeps bool // the bucket has Object Lock, and what is published for good is kept by it
	mode  s3.RetentionMode
	days  int64
	clock func() time.Time

	mu     sync.Mutex
	locked map[string]time.Time // the newest checkpoint with a retention, by folder; owned by mu
}

var _ publish.Sink = (*Bucket)(nil)

// Open opens the bucket, which must be there, and have Object Lock where a retention is
// wanted.
func Open(ctx context.Context, c Config) (*Bucket, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", c, err)
	}
	store, err := s3.Open(ctx, c.Config)
	if err != nil {
		return nil, err
	}
	b := newBucket(store, c)
	if err := b.checkLock(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", c, err), store.Close())
	}
	return b, nil
}

func newBucket(store *s3.Bucket, c Config) *Bucket {
	b := &Bucket{store: store, keeps: c.Retention != s3.NoRetention, mode: c.Retention, days: c.Days, clock: c.Clock, locked: map[string]time.Time{}}
	if b.clock == nil {
		b.clock = time.Now
	}
	return b
}

func (c Config) check() error {
	switch {
	case c.Retention != s3.NoRetention && c.Retention != s3.Governance && c.Retention != s3.Compliance:
		return errors.New("the Retention is neither GOVERNANCE nor COMPLIANCE")
	case c.Retention == s3.NoRetention && c.Days != 0:
		return errors.New("there are Days and no Retention")
	case c.Retention != s3.NoRetention && (c.Days < 1 || c.Days > 36500):
		return errors.New("the Days are not between 1 and 36500")
	}
	return nil
}

// checkLock refuses a bucket that would take a retention and not keep it.
func (b *Bucket) checkLock(ctx context.Context) error {
	if !b.keeps {
		return nil
	}
	locks, err := b.store.HasLock(ctx)
	if err == nil && !locks {
		return errNoLock
	}
	return err
}

var errNoLock = errors.New("the bucket has no Object Lock, which a retention needs; it can only be had when a bucket is made")

// Close lets go of the connections that wait for a next request.
func (b *Bucket) Close() error { return b.store.Close() }

// immutable says whether the name is one whose first version counts, because it cannot be
// taken away.
func (b *Bucket) immutable(name string) bool { return b.keeps && publish.Permanent(name) }
