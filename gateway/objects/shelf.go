package objects

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/audit/publish"
)

// RetentionMode is who may take back the retention of an object in a bucket with Object Lock.
type RetentionMode string

// The modes.
const (
	NoRetention RetentionMode = ""           // objects have none
	Governance  RetentionMode = "GOVERNANCE" // whoever has the server's permission for it may
	Compliance  RetentionMode = "COMPLIANCE" // nobody may, whoever owns the bucket included
)

// ShelfConfig says which bucket a Shelf is in.
type ShelfConfig struct {
	S3Config

	// Retention is how what is published for good is kept. Other modes than NoRetention need a bucket with Object Lock.
	Retention RetentionMode

	// Days is how long it is kept, from when it was published: 1 to 36500.
	Days int64

	// Clock is the time from which Days count. Default: time.Now.
	Clock func() time.Time
}

// Shelf is a publish.Sink in a bucket.
//
// With a retention, full tiles and bundles, and one checkpoint a minute of each ledger, can be neither deleted nor
// overwritten by anybody until their days are over. The server still lets others put a newer version, or a mark that it is
// deleted, over such an object; so these are read by their oldest version, and listed while they have one, whatever lies
// over it.
type Shelf struct {
	store *S3
	keeps bool // the bucket has Object Lock, and what is published for good is kept by it
	mode  RetentionMode
	days  int64
	clock func() time.Time

	mu     sync.Mutex
	locked map[string]time.Time // the newest checkpoint with a retention, by folder; owned by mu
}

var _ publish.Sink = (*Shelf)(nil)

// OpenShelf opens the bucket, which must be there, and have Object Lock where a retention is wanted.
func OpenShelf(ctx context.Context, c ShelfConfig) (*Shelf, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", c, err)
	}
	store, err := OpenS3(ctx, c.S3Config)
	if err != nil {
		return nil, err
	}
	s := newShelf(store, c)
	if err := s.checkLock(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", c, err), store.Close())
	}
	return s, nil
}

func newShelf(store *S3, c ShelfConfig) *Shelf {
	s := &Shelf{store: store, keeps: c.Retention != NoRetention, mode: c.Retention, days: c.Days, clock: c.Clock, locked: map[string]time.Time{}}
	if s.clock == nil {
		s.clock = time.Now
	}
	return s
}

func (c ShelfConfig) check() error {
	switch {
	case c.Retention != NoRetention && c.Retention != Governance && c.Retention != Compliance:
		return errors.New("the Retention is neither GOVERNANCE nor COMPLIANCE")
	case c.Retention == NoRetention && c.Days != 0:
		return errors.New("there are Days and no Retention")
	case c.Retention != NoRetention && (c.Days < 1 || c.Days > 36500):
		return errors.New("the Days are not between 1 and 36500")
	}
	return c.S3Config.check()
}

// checkLock refuses a bucket that would take a retention for an ornament.
func (s *Shelf) checkLock(ctx context.Context) error {
	if !s.keeps {
		return nil
	}
	locks, err := s.hasLock(ctx)
	if err == nil && !locks {
		return errNoLock
	}
	return err
}

// hasLock says whether the bucket has Object Lock. A server that does not know what that is has none.
func (s *Shelf) hasLock(ctx context.Context) (bool, error) {
	enabled, _, _, _, err := s.store.reads.GetObjectLockConfig(ctx, s.store.bucket)
	if answer := minio.ToErrorResponse(err); answer.Code == "ObjectLockConfigurationNotFoundError" || answer.StatusCode == http.StatusNotImplemented {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking for Object Lock: %w", storeError(err))
	}
	return enabled == "Enabled", nil
}

var errNoLock = errors.New("the bucket has no Object Lock, which a retention needs; it can only be had when a bucket is made")

// Close lets go of the connections that wait for a next request.
func (s *Shelf) Close() error { return s.store.Close() }

// immutable says whether the name is one whose first version counts, because it cannot be taken away.
func (s *Shelf) immutable(name string) bool { return s.keeps && publish.Permanent(name) }

// name is where the object lies in the bucket.
func (s *Shelf) name(name string) string { return s.store.prefix + name }
