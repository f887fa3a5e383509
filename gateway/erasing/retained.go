package erasing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// The Object Lock of a bucket keeps every version until its day, for any client. The
// erasure holds all the same, because the header is gone and the body cannot be opened.
// Its certificate names the bodies that are left. They are tried again, and when the last
// of them has gone, the erasure is certified once more, without that exception.

// tryRetainedEvery is how often a retained object is tried again. Locks are set by the
// day.
const tryRetainedEvery = 12 * time.Hour

// RetryRetained tries again to delete the objects that locks kept. It may run on
// any number of replicas at once.
func (er *Erasures) RetryRetained(ctx context.Context) error {
	var objects []queries.RetainedObjectsRow
	err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		objects, err = tx.RetainedObjects(ctx, queries.RetainedObjectsParams{Before: queries.At(er.door.Now().Add(-tryRetainedEvery)), Limit: erasePage})
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for retained objects: %w", err)
	}
	var refused firstRefusal
	for _, o := range objects {
		if err := refused.keep(er.eraseObject(ctx, queries.ObjectsToEraseRow(o))); err != nil {
			return err
		}
	}
	if refused.err != nil {
		return errors.Join(refused.err, er.certifyReleased(ctx))
	}
	return er.certifyReleased(ctx)
}

// certifyReleased certifies once more the erasures whose last retained object has gone.
// Die before it: the next sweep does it.
func (er *Erasures) certifyReleased(ctx context.Context) error {
	var released []queries.Erasure
	err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		released, err = tx.ReleasedErasures(ctx, erasePage)
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for released erasures: %w", err)
	}
	for _, row := range released {
		if step := er.certify(ctx, row); step != nil {
			err = errors.Join(err, fmt.Errorf("certifying erasure %s again: %w", row.ID, step))
		}
	}
	return err
}
