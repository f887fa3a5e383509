package upkeep

import (
	"context"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/gateway/erasing"
	"github.com/bordereau/bordereau/policy"
)

// sweptForGood says whether Sweep has stopped to delete the object of an abandoned
// upload.
func (u *Upkeep) sweptForGood(row queries.DocumentsInFolderRow) bool {
	return row.Swept > 0 && row.Swept >= row.Touched+queries.Micros(u.limits.LateWrite.Microseconds())
}

// orphan handles an object that no document's row knew when it was looked for.
func (c *storeCheck) orphan(ctx context.Context, o choke.ObjectInfo) error {
	f := Finding{Kind: FindingUnreferenced, Object: o.Key}
	switch age := c.now.Sub(o.Modified); {
	case !isObjectKey(o.Key):
		f.Kind, f.State = FindingUnknownKey, FindingKept
	case !c.certain:
		f.State = FindingKept
	case o.Modified.IsZero() || age < c.Grace:
		f.State, f.Detail = FindingWaiting, fmt.Sprintf("written on %s; removed when it is %v old", o.Modified.UTC().Format("2006-01-02"), c.Grace)
	default:
		return c.remove(ctx, choke.OperatorLedger, f, func(ctx context.Context, tx *database.Tx) (bool, error) {
			n, err := tx.ObjectReferences(ctx, o.Key)
			return n == 0, err
		})
	}
	c.add(f)
	return nil
}

// stale handles the object of a document that should have none.
func (c *storeCheck) stale(ctx context.Context, f Finding, row queries.DocumentsInFolderRow) error {
	if f.Kind == FindingErased && row.ObjectGone == erasing.ObjectRetained && (!c.local || !c.Repair) {
		f.State, f.Detail = FindingKept, "a lock of the store keeps it; the certificate says so"
		c.add(f)
		return nil
	}
	return c.remove(ctx, string(row.Client), f, func(ctx context.Context, tx *database.Tx) (bool, error) {
		d, err := tx.Document(ctx, row.ID)
		if err != nil || f.Kind == FindingAbandoned {
			return d.State == policy.DocumentAbandoned, err
		}
		_, err = tx.DocumentHeader(ctx, row.ID)
		return choke.IsNoRows(err), choke.IgnoreNoRows(err)
	})
}

// remove removes one object that no document needs. The transaction that records it
// checks that this still holds. The object goes when the record is durable. Die in
// between: the next comparison finds the object again.
func (c *storeCheck) remove(ctx context.Context, ledger string, f Finding, needless func(context.Context, *database.Tx) (bool, error)) error {
	if !c.Repair {
		f.State = FindingDue
		c.add(f)
		return nil
	}
	recorded, err := c.record(ctx, ledger, f, needless)
	if err != nil || !recorded {
		return err
	}
	if err = c.upkeep.objects.Delete(ctx, f.Object); err == nil {
		err = c.upkeep.erasures.CheckMissing(ctx, f.Object)
	}
	switch {
	case err == nil:
		f.State = FindingRemoved
	case errors.Is(err, choke.ErrUnavailable) && !errors.Is(err, choke.ErrStoreRefuses) || ctx.Err() != nil:
		return err
	default:
		f.State, f.Detail = FindingWrong, "the store did not delete it: "+err.Error()
	}
	c.add(f)
	return nil
}

// record records that an object is removed, if it is still not needed.
func (c *storeCheck) record(ctx context.Context, ledger string, f Finding, needless func(context.Context, *database.Tx) (bool, error)) (recorded bool, err error) {
	err = c.upkeep.owner.Record(ctx, ledger, c.sweepEvent(f), func(ctx context.Context, tx *database.Tx) (bool, error) {
		var err error
		recorded, err = needless(ctx, tx)
		return recorded, err
	})
	return recorded && err == nil, err
}

// unfinished removes what uploads whose process died have left in the store beside
// objects.
func (c *storeCheck) unfinished(ctx context.Context) error {
	store, ok := c.upkeep.objects.(choke.Unfinished)
	if !ok {
		return nil
	}
	return store.SweepUnfinished(ctx, "d/", func(o choke.ObjectInfo) (bool, error) { return c.dropUnfinished(ctx, o) })
}

// dropUnfinished says whether to remove an unfinished upload. An upload may take longer
// than any grace, so its age alone is not enough if the key tells which upload it is.
func (c *storeCheck) dropUnfinished(ctx context.Context, o choke.ObjectInfo) (bool, error) {
	f := Finding{Kind: FindingUnfinished, Object: o.Key}
	if o.Key != "" && !isObjectKey(o.Key) || c.now.Sub(o.Modified) < c.upkeep.limits.LateWrite {
		return false, nil
	}
	needless := func(ctx context.Context, tx *database.Tx) (bool, error) {
		if o.Key == "" {
			return true, nil
		}
		d, err := tx.DocumentOfObject(ctx, o.Key)
		if choke.IsNoRows(err) {
			return c.certain, nil
		}
		return d.State != policy.DocumentReceiving, err
	}
	if !c.Repair {
		stands := false
		err := c.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			stands, err = needless(ctx, tx)
			return err
		})
		if err == nil && stands {
			f.State = FindingDue
			c.add(f)
		}
		return false, err
	}
	recorded, err := c.record(ctx, choke.OperatorLedger, f, needless)
	if recorded {
		f.State = FindingRemoved
		c.add(f)
	}
	return recorded, err
}

// claimStoreSweep says whether this gateway is the one to sweep the store now.
func (u *Upkeep) claimStoreSweep(ctx context.Context) (due bool, err error) {
	now := u.door.Now()
	err = u.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		n, err := tx.ClaimStoreSweep(ctx, queries.ClaimStoreSweepParams{Now: queries.At(now), Before: queries.At(now.Add(-u.limits.SweepStoreEvery))})
		due = n == 1
		return err
	})
	return due && err == nil, choke.Unavailable(err)
}
