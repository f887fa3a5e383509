package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// clearAtOnce is how long an upload's client waits for its object to be deleted. A store
// that is away deletes nothing, and the sweeper goes on.
const clearAtOnce = 5 * time.Second

// abandonUpload cleans up after an upload that will not be acknowledged, and records why.
// What it cannot do now, the sweeper does later.
func (t *Transfers) abandonUpload(ctx context.Context, up *upload, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), choke.CleanUp)
	defer cancel()
	e := up.grant
	e.ID, e.Phase, e.Grant, e.Occurred = event.NewID(), event.PhaseAborted, up.grant.ID, t.door.Now()
	e.Outcome, e.Reason = event.OutcomeError, choke.FailureReason(cause)
	err := t.door.RecordOutcome(ctx, up.ledger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		if up.earlier != nil {
			return true, nil // a repeated upload has no row and no object of its own
		}
		n, err := tx.AbandonDocument(ctx, up.id)
		return n == 1, err
	})
	if err == nil && up.earlier == nil {
		ctx, cancel := context.WithTimeout(ctx, clearAtOnce)
		defer cancel()
		err = t.clear(ctx, queries.Document{ID: up.id, ObjectKey: up.key})
	}
	if err != nil {
		t.log.Warn("cleaning up after an upload failed; the sweeper will repeat it", "document", up.id, "error", err)
	}
}

// SweepUploads abandons idle uploads and deletes their objects. It deletes an object
// again if a late write has brought it back.
func (t *Transfers) SweepUploads(ctx context.Context) error {
	now := t.door.Now()
	var idle, late []queries.Document
	err := t.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		idle, err = tx.IdleUploads(ctx, queries.IdleUploadsParams{IdleSince: queries.At(now.Add(-t.limits.IdleUpload)), Limit: 500})
		if err != nil {
			return fmt.Errorf("looking for idle uploads: %w", err)
		}
		late, err = tx.SweepableUploads(ctx, queries.SweepableUploadsParams{Late: t.limits.LateWrite.Microseconds(),
			Now: int64(queries.At(now)), Pause: t.limits.LateWrite.Microseconds() / 8, Limit: 500})
		if err != nil {
			return fmt.Errorf("looking for abandoned uploads: %w", err)
		}
		return nil
	})
	for _, d := range idle {
		err = errors.Join(err, t.sweepIdle(ctx, d, now))
	}
	for _, d := range late {
		err = errors.Join(err, t.clear(ctx, d))
	}
	return err
}

// sweepIdle abandons one upload. It changes the state first and deletes the object
// afterwards. An upload that is just being acknowledged either wins the row and keeps its
// object, or loses the row and is not acknowledged.
func (t *Transfers) sweepIdle(ctx context.Context, d queries.Document, now time.Time) error {
	var done bool
	var client string
	err := t.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		c, err := tx.Contract(ctx, d.Contract)
		client = string(c.Client)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading contract: %w", err)
	}
	e := abandoned(d, now, "upload-silent")
	err = t.door.RecordOutcome(ctx, client, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		n, err := tx.AbandonIdleDocument(ctx, queries.AbandonIdleDocumentParams{ID: d.ID, IdleSince: queries.At(now.Add(-t.limits.IdleUpload))})
		done = n == 1
		return done, err
	})
	if err != nil || !done {
		return err
	}
	return t.clear(ctx, d)
}

// abandoned returns the event of an upload that ended without its client.
func abandoned(d queries.Document, at time.Time, reason string) event.Event {
	return event.Event{ID: event.NewID(), Occurred: at, Phase: event.PhaseState, Action: event.Action(policy.ActionDocumentAbandon),
		Actor: choke.System, Contract: string(d.Contract), Version: d.Version, Batch: string(d.Batch), Document: string(d.ID), Class: string(d.Class),
		Subject: string(d.SentBy), Outcome: event.OutcomeAllow, Reason: reason}
}

// clear deletes the object of an abandoned upload. Nothing else may call it: an object
// may be deleted only after its row can no longer acknowledge it.
func (t *Transfers) clear(ctx context.Context, d queries.Document) error {
	swept := t.door.Now() // read before the delete, so that a later write is swept again
	var abandoned bool
	err := t.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.Document(ctx, d.ID)
		abandoned = row.State == policy.DocumentAbandoned
		return err
	})
	if err != nil || !abandoned {
		return err
	}
	if err := t.objects.Delete(ctx, d.ObjectKey); err != nil {
		return fmt.Errorf("deleting abandoned object: %w", err)
	}
	return t.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		return tx.SetSwept(ctx, queries.SetSweptParams{ID: d.ID, Swept: queries.At(swept)})
	})
}
