package erasing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// A store may refuse to delete an object: a bucket's Object Lock keeps every version until its day, whoever asks. The
// erasure is no less one for that, since the header is gone and the body opens for nobody; its certificate names the bodies
// that are left. They are tried again, and when the last of them has gone the erasure is certified once more, without that
// exception.

// tryRetainedEvery is how often an object that its store would not delete is tried again. Locks are set by the day.
const tryRetainedEvery = 12 * time.Hour

// RetryRetained tries again what stores would not delete. It may run on any number of replicas at once.
func (er *Erasures) RetryRetained(ctx context.Context) error {
	var objects []queries.RetainedObjectsRow
	err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		objects, err = tx.RetainedObjects(ctx, queries.RetainedObjectsParams{Before: queries.At(er.door.Now().Add(-tryRetainedEvery)), Limit: erasePage})
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for retained objects: %w", err)
	}
	for _, o := range objects {
		if err := er.eraseObject(ctx, queries.ObjectsToEraseRow(o)); err != nil {
			return err
		}
	}
	return er.certifyReleased(ctx)
}

// certifyReleased certifies once more what has nothing retained any more. Die before it: the next sweep does it.
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
