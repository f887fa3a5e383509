package erasing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// The values of erased_document.object_gone.
const (
	objectGone = 1
	// ObjectRetained: the store keeps the object by a lock of its own. The object is
	// unreadable, and still there (retained.go).
	ObjectRetained = 2
)

// eraseAtOnce is how many objects of one erasure are deleted at a time. erasePage is how
// many documents one transaction works on.
const (
	eraseAtOnce = 8
	erasePage   = 500
)

// executeErasure does what a decided erasure still lacks, and gives the erasure as far as
// it came within waitForErasure. Every step can be repeated at any time, by any replica.
// The sweeper repeats them.
//
//  1. journalErasure: the erasure is written into the journal, which outlives a restored
//     database.
//  2. eraseHeaders: every header of a contract is destroyed. (The header of one document
//     went with the decision.)
//  3. eraseObjects: the objects are deleted with all their versions, and each is looked
//     for again.
//  4. certify: the content is looked for, and then the certificate is signed.
func (er *Erasures) executeErasure(ctx context.Context, id choke.ErasureID) (Erasure, error) {
	row, err := er.erasureRow(ctx, id)
	if err != nil {
		return Erasure{}, choke.Unavailable(err)
	}
	if row.Certified > 0 {
		return erasureOf(row), nil
	}
	if err := er.journalErasure(ctx, row); err != nil {
		return Erasure{}, choke.Unavailable(err) // the journal must have it before any answer
	}
	limited, cancel := context.WithTimeout(ctx, waitForErasure)
	defer cancel()
	err = er.destroy(limited, row)
	if err != nil && ctx.Err() == nil && (limited.Err() != nil || errors.Is(err, errRefused) || errors.Is(err, database.ErrStillInLog)) {
		return erasureOf(row), nil // it runs; the sweeper goes on
	}
	if err == nil {
		row, err = er.erasureRow(ctx, id)
	}
	if err != nil {
		return Erasure{}, choke.Unavailable(err)
	}
	return erasureOf(row), nil
}

// destroy does the steps after the journal.
func (er *Erasures) destroy(ctx context.Context, row queries.Erasure) error {
	if row.Document == "" {
		er.keys.ForgetIdentities(row.Contract)
		if err := er.eraseHeaders(ctx, row); err != nil {
			return err
		}
	}
	if err := er.eraseObjects(ctx, row); err != nil {
		return err
	}
	return er.certify(ctx, row)
}

func (er *Erasures) erasureRow(ctx context.Context, id choke.ErasureID) (row queries.Erasure, err error) {
	err = er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err = tx.Erasure(ctx, id)
		return err
	})
	if err != nil {
		return row, fmt.Errorf("reading erasure: %w", err)
	}
	return row, nil
}

// eraseHeaders destroys the headers of a contract's documents, a page at a time. It
// spares the exceptions.
func (er *Erasures) eraseHeaders(ctx context.Context, row queries.Erasure) error {
	for after := choke.DocumentID(""); ; {
		var documents []choke.DocumentID
		err := er.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			documents, err = tx.DocumentsToErase(ctx, queries.DocumentsToEraseParams{Contract: row.Contract, After: after,
				Erasure: row.ID, Limit: erasePage})
			if err != nil {
				return fmt.Errorf("looking for documents to erase: %w", err)
			}
			for _, d := range documents {
				if err := dropHeader(ctx, tx, row.ID, d, er.door.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(documents) < erasePage {
			return err
		}
		after = documents[len(documents)-1]
	}
}

// eraseObjects deletes the objects of the erased documents. One that the store refuses to
// delete does not keep the others.
func (er *Erasures) eraseObjects(ctx context.Context, row queries.Erasure) error {
	var refused firstRefusal
	for after := choke.DocumentID(""); ; {
		var page []queries.ObjectsToEraseRow
		err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			page, err = tx.ObjectsToErase(ctx, queries.ObjectsToEraseParams{Erasure: row.ID, After: after, Limit: erasePage})
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for objects to erase: %w", err)
		}
		if len(page) == 0 {
			break
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(eraseAtOnce)
		for _, d := range page {
			group.Go(func() error { return refused.keep(er.eraseObject(ctx, d)) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
	if refused.err == nil {
		return nil
	}
	if err := er.noteRefused(ctx, row); err != nil {
		return err
	}
	return refused.err
}

// errRefused means that the store does not delete an object, and that no lock of its own
// is the reason. Nothing is certified then.
var errRefused = errors.New("the store did not delete an erased object, which no lock keeps")

// firstRefusal keeps the first refusal of a store, and passes on every other error.
type firstRefusal struct {
	mu  sync.Mutex
	err error
}

func (r *firstRefusal) keep(err error) error {
	if !errors.Is(err, errRefused) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	return nil
}

// eraseObject deletes one object and then tries to read it. A lock of the store is an
// exception on the certificate and no reason to stop: the header is gone, so an object
// that the store still holds cannot be opened. Every other refusal is errRefused.
func (er *Erasures) eraseObject(ctx context.Context, d queries.ObjectsToEraseRow) error {
	gone := int64(objectGone)
	err := er.objects.Delete(ctx, d.ObjectKey)
	if err == nil {
		err = er.CheckMissing(ctx, d.ObjectKey)
	}
	switch {
	case err == nil:
	case errors.Is(err, choke.ErrObjectRetained):
		er.log.Warn("a lock of the store keeps an erased object", "document", d.ID, "error", err)
		gone = ObjectRetained
	case ctx.Err() != nil || errors.Is(err, choke.ErrUnavailable) && !errors.Is(err, choke.ErrStoreRefuses):
		return fmt.Errorf("deleting erased object: %w", err)
	default:
		return fmt.Errorf("%w: document %s: %w", errRefused, d.ID, err)
	}
	return er.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		return tx.SetObjectGone(ctx, queries.SetObjectGoneParams{Document: d.ID, ObjectGone: gone, Tried: queries.At(er.door.Now())})
	})
}

// noteRefused records, once for an erasure, that the store does not let it end.
func (er *Erasures) noteRefused(ctx context.Context, row queries.Erasure) error {
	if row.Refused > 0 {
		return nil
	}
	e := event.Event{ID: event.NewID(), Occurred: er.door.Now(), Phase: event.PhaseState, Action: event.Action(policy.ActionErasureRefuse),
		Actor: choke.System, Contract: string(row.Contract), Document: string(row.Document), Subject: string(row.ID), Outcome: event.OutcomeError,
		Reason: "store-refuses"}
	return er.owner.Record(ctx, row.Ledger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		n, err := tx.SetErasureRefused(ctx, queries.SetErasureRefusedParams{ID: row.ID, Refused: queries.At(er.door.Now())})
		return n == 1, err
	})
}

// RefusedErasures lists the erasures that run, and that a store does not let end.
func (er *Erasures) RefusedErasures(ctx context.Context) (refused []queries.Erasure, err error) {
	err = er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		refused, err = tx.RefusedErasures(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for refused erasures: %w", err)
	}
	return refused, nil
}

var errStillThere = errors.New("the object can still be read")

// CheckMissing tries to read an object that was deleted.
func (er *Erasures) CheckMissing(ctx context.Context, key string) error {
	body, _, err := er.objects.Get(ctx, key, 0)
	if errors.Is(err, choke.ErrObjectMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = io.CopyN(io.Discard, body, 1)
	return errors.Join(errStillThere, ignoreEOF(err), body.Close())
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// StuckErasures is how many erasures could not be finished when ContinueErasures last
// tried, in this process.
func (er *Erasures) StuckErasures() int64 { return er.stuck.Load() }

// ContinueErasures goes on with erasures whose caller died. It leaves fresh ones to their
// callers.
func (er *Erasures) ContinueErasures(ctx context.Context) error {
	before, after := queries.At(er.door.Now().Add(-waitForErasure)), choke.ErasureID("")
	var failed error
	var stuck int64
	defer func() {
		if ctx.Err() == nil {
			er.stuck.Store(stuck)
		}
	}()
	for {
		var open []queries.Erasure
		err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			open, err = tx.UnfinishedErasures(ctx, queries.UnfinishedErasuresParams{Before: before, After: after})
			return err
		})
		if err != nil {
			return errors.Join(failed, fmt.Errorf("looking for unfinished erasures: %w", err))
		}
		if len(open) == 0 {
			return failed
		}
		for _, row := range open {
			after = row.ID
			step := er.journalErasure(ctx, row)
			if step == nil {
				step = er.destroy(ctx, row)
			}
			if step != nil {
				stuck++
			}
			if errors.Is(step, errRefused) {
				er.log.Error("an erasure cannot end: see to the rights and the calls that docs/stores.md lists", "erasure", row.ID, "error", step)
			} else if step != nil {
				failed = errors.Join(failed, fmt.Errorf("executing erasure %s: %w", row.ID, step))
			}
		}
		if ctx.Err() != nil {
			return failed
		}
	}
}

// certify verifies that the content cannot be opened any more, signs the certificate and
// keeps it with its event. A certificate that was kept since the row was read wins.
func (er *Erasures) certify(ctx context.Context, row queries.Erasure) error {
	if err := er.owner.Scrub(ctx); err != nil {
		return fmt.Errorf("scrubbing the database: %w", err)
	}
	claims, err := er.destruction(ctx, row)
	if err != nil {
		return fmt.Errorf("verifying erasure: %w", err)
	}
	jws, err := er.receipts.Sign(claims)
	if err != nil {
		return fmt.Errorf("signing certificate: %w", err)
	}
	e := event.Event{ID: event.NewID(), Occurred: er.door.Now(), Phase: event.PhaseState, Action: event.Action(policy.ActionErasureCertify),
		Actor: choke.System, Contract: string(row.Contract), Document: string(row.Document), Subject: string(row.ID), Outcome: event.OutcomeAllow,
		Reason: string(policy.ReasonAllowed)}
	return er.owner.Record(ctx, row.Ledger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		n, err := tx.CertifyErasure(ctx, queries.CertifyErasureParams{ID: row.ID, Earlier: row.Certified, Certified: queries.At(er.door.Now()),
			Certificate: jws, Retained: claims.Verification.Objects})
		return n == 1, err
	})
}
