package erasing

import (
	"context"
	"errors"
	"fmt"
	"io"

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
	// ObjectRefused: the store refused to delete the object because of a lock of its own.
	// The object is unreadable, and still there (retained.go).
	ObjectRefused = 2
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
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
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

// eraseObjects deletes the objects of the erased documents.
func (er *Erasures) eraseObjects(ctx context.Context, row queries.Erasure) error {
	for {
		var page []queries.ObjectsToEraseRow
		err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			page, err = tx.ObjectsToErase(ctx, queries.ObjectsToEraseParams{Erasure: row.ID, Limit: erasePage})
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for objects to erase: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(eraseAtOnce)
		for _, d := range page {
			group.Go(func() error { return er.eraseObject(ctx, d) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
}

// eraseObject deletes one object and then tries to read it. The header is gone, so an
// object that the store still holds cannot be opened. A store that refuses is therefore
// an exception on the certificate and no reason to stop.
func (er *Erasures) eraseObject(ctx context.Context, d queries.ObjectsToEraseRow) error {
	gone := int64(objectGone)
	err := er.objects.Delete(ctx, d.ObjectKey)
	if err == nil {
		err = er.CheckMissing(ctx, d.ObjectKey)
	}
	switch {
	case err == nil:
	case errors.Is(err, choke.ErrUnavailable) || ctx.Err() != nil:
		return fmt.Errorf("deleting erased object: %w", err)
	default:
		er.log.Warn("the store did not delete an erased object", "document", d.ID, "error", err)
		gone = ObjectRefused
	}
	return er.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		return tx.SetObjectGone(ctx, queries.SetObjectGoneParams{Document: d.ID, ObjectGone: gone, Tried: queries.At(er.door.Now())})
	})
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

// ContinueErasures goes on with erasures whose caller died. It leaves fresh ones to their
// callers.
func (er *Erasures) ContinueErasures(ctx context.Context) error {
	var open []queries.Erasure
	err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		open, err = tx.UnfinishedErasures(ctx, queries.At(er.door.Now().Add(-waitForErasure)))
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for unfinished erasures: %w", err)
	}
	for _, row := range open {
		step := er.journalErasure(ctx, row)
		if step == nil {
			step = er.destroy(ctx, row)
		}
		if step != nil {
			err = errors.Join(err, fmt.Errorf("executing erasure %s: %w", row.ID, step))
		}
	}
	return err
}

// certify verifies that the content cannot be opened any more, signs the certificate and
// keeps it with its event. A certificate that was kept since the row was read wins.
func (er *Erasures) certify(ctx context.Context, row queries.Erasure) error {
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
