package erasing

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// A mistake can be taken back until the batch is sealed: one document, or the batch with
// all that it holds. What is withdrawn is erased as by EraseDocument, and its reference
// is free again. After the seal the provider may have seen it, and only an erasure is
// left.

// withdrawn is the reason of an erasure by a withdrawal.
const withdrawn = "withdrawn before its batch was sealed"

// WithdrawDocument takes a document back from an open batch. The contract lets the
// client's system do it, and the client's contract managers. A legal hold forbids it.
// Repeated, it is the same withdrawal.
//
//  1. The act: the header goes, the erasure's row comes, and the document is withdrawn,
//     in one transaction with the event. Die here: the sweeper does the rest.
//  2. executeErasure: the journal, the object, the verification, the certificate.
func (er *Erasures) WithdrawDocument(ctx context.Context, caller choke.Caller, id choke.DocumentID) (choke.Document, error) {
	var d choke.Document
	var erasure choke.ErasureID
	_, err := er.door.Do(ctx, caller, choke.Hand(policy.ActionDocumentWithdraw,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (queries.Document, error) {
			return onWithdrawable(ctx, tx, s, id)
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.Document) (err error) {
			if erasure, err = EraseDocument(ctx, tx, s, id, withdrawn); err != nil {
				return err
			}
			s.Event().Subject = string(erasure)
			if row.State == policy.DocumentReceived {
				if _, err := tx.WithdrawDocument(ctx, id); err != nil {
					return fmt.Errorf("withdrawing document: %w", err)
				}
			}
			d = choke.Document{ID: row.ID, Batch: row.Batch, Contract: row.Contract, Reference: row.Reference, Class: row.Class,
				MediaType: row.MediaType, State: policy.DocumentWithdrawn, Size: row.Size, Digest: row.Digest, Received: row.Received.Time()}
			return nil
		}))
	if err != nil {
		return choke.Document{}, err
	}
	_, err = er.executeErasure(ctx, erasure)
	return d, err
}

// onWithdrawable makes a received document the object of an act that withdraws it.
func onWithdrawable(ctx context.Context, tx *database.Tx, s *choke.Scene, id choke.DocumentID) (queries.Document, error) {
	row, err := tx.Document(ctx, id)
	if err != nil {
		return row, err
	}
	// This lock comes first, as in SealBatch: a batch is sealed before or after a
	// withdrawal, and never meanwhile. The document is read again under it.
	state, err := tx.BatchStateForChange(ctx, row.Batch)
	if err != nil {
		return row, err
	}
	if row, err = tx.Document(ctx, id); err != nil {
		return row, err
	}
	if row.State != policy.DocumentReceived && row.State != policy.DocumentWithdrawn {
		return row, choke.ErrNotFound // an upload without a receipt is not a document yet
	}
	if _, err := s.OnBatchIn(ctx, tx, row.Batch, state.State); err != nil {
		return row, err
	}
	s.WithDuties()
	s.Event().Document, s.Event().Class, s.Event().Length = string(row.ID), string(row.Class), row.Size
	s.Facts().Class, s.Facts().Document = row.Class, &policy.Document{State: row.State, Size: row.Size}
	s.Facts().Batch.Resent = row.State == policy.DocumentWithdrawn
	held, err := tx.HoldsOn(ctx, queries.HoldsOnParams{Contract: row.Contract, Document: row.ID})
	if err != nil {
		return row, fmt.Errorf("reading holds: %w", err)
	}
	s.Facts().Holds = &policy.Holds{Standing: held > 0}
	return row, nil
}

// WithdrawBatch takes an open batch back, with all documents that it holds. An upload
// that still runs is refused at its end. The batch stays readable for the client, without
// documents. Who may, and how it is repeated, is as for WithdrawDocument.
func (er *Erasures) WithdrawBatch(ctx context.Context, caller choke.Caller, id choke.BatchID) (choke.Batch, error) {
	var b choke.Batch
	type withdrawing struct {
		batch queries.Batch
		state queries.BatchState
	}
	_, err := er.door.Do(ctx, caller, choke.Hand(policy.ActionBatchWithdraw,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (read withdrawing, err error) {
			if read.state, err = tx.BatchStateForChange(ctx, id); err != nil {
				return read, err
			}
			if read.batch, err = s.OnBatchIn(ctx, tx, id, read.state.State); err != nil {
				return read, err
			}
			s.WithDuties()
			s.Facts().Batch.Resent = read.state.State == policy.BatchWithdrawn
			held, err := tx.HoldsOnBatch(ctx, queries.HoldsOnBatchParams{Contract: read.batch.Contract, Batch: id})
			if err != nil {
				return read, fmt.Errorf("reading holds: %w", err)
			}
			s.Facts().Holds = &policy.Holds{Standing: held > 0}
			return read, nil
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, read withdrawing) error {
			b = choke.Batch{ID: id, Contract: read.batch.Contract, Reference: read.batch.Reference, State: policy.BatchWithdrawn,
				Opened: read.batch.Opened.Time(), Withdrawn: read.batch.Withdrawn.Time()}
			if read.state.State == policy.BatchWithdrawn { // the request was sent again
				return nil
			}
			b.Withdrawn = s.Now()
			return withdrawBatch(ctx, tx, s, read.state)
		}))
	if err != nil {
		return choke.Batch{}, err
	}
	return b, choke.Unavailable(er.executeWithdrawal(ctx, id))
}

// withdrawBatch erases all documents of a batch, in as many statements as for one.
func withdrawBatch(ctx context.Context, tx *database.Tx, s *choke.Scene, state queries.BatchState) error {
	now, by := queries.At(s.Now()), s.Caller().Person
	err := tx.EraseBatch(ctx, queries.EraseBatchParams{Batch: state.Batch, Reason: withdrawn, Person: string(by),
		Now: int64(now), Ledger: s.Ledger(), Event: s.Event().ID})
	if err != nil {
		return fmt.Errorf("inserting erasures: %w", err)
	}
	if err := tx.EraseDocumentsOfBatch(ctx, queries.EraseDocumentsOfBatchParams{Batch: state.Batch, Now: int64(now)}); err != nil {
		return fmt.Errorf("inserting erased documents: %w", err)
	}
	if err := tx.DeleteHeadersOfBatch(ctx, state.Batch); err != nil {
		return fmt.Errorf("deleting document headers: %w", err)
	}
	if _, err := tx.WithdrawDocuments(ctx, state.Batch); err != nil {
		return fmt.Errorf("withdrawing documents: %w", err)
	}
	if err := tx.SetBatchWithdrawn(ctx, queries.SetBatchWithdrawnParams{ID: state.Batch, Withdrawn: now}); err != nil {
		return fmt.Errorf("withdrawing batch: %w", err)
	}
	if _, err := tx.EndBatchState(ctx, queries.EndBatchStateParams{ID: state.ID, ValidUntil: now}); err != nil {
		return fmt.Errorf("ending batch state: %w", err)
	}
	return tx.InsertBatchState(ctx, queries.InsertBatchStateParams{ID: policy.NewID("s"), Batch: state.Batch,
		State: policy.BatchWithdrawn, ChangedBy: by, ValidFrom: now})
}

// executeWithdrawal journals every erasure of a withdrawn batch and then executes them,
// for as long as a request waits. Without a journal there is no answer; the sweeper goes
// on with the rest.
func (er *Erasures) executeWithdrawal(ctx context.Context, batch choke.BatchID) error {
	if err := er.eachOfBatch(ctx, batch, er.journalErasure); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, waitForErasure)
	defer cancel()
	var refused firstRefusal // the erasure goes on, as after executeErasure
	err := er.eachOfBatch(limited, batch, func(ctx context.Context, row queries.Erasure) error {
		return refused.keep(er.destroy(ctx, row))
	})
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil // it runs; the sweeper goes on
	}
	return err
}

// eachOfBatch takes a step of every erasure of a withdrawn batch that is not certified.
func (er *Erasures) eachOfBatch(ctx context.Context, batch choke.BatchID, step func(context.Context, queries.Erasure) error) error {
	for after := choke.ErasureID(""); ; {
		var page []queries.Erasure
		err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			page, err = tx.ErasuresOfBatch(ctx, queries.ErasuresOfBatchParams{Batch: batch, After: after, Limit: erasePage})
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for erasures of a withdrawn batch: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		group, inGroup := errgroup.WithContext(ctx)
		group.SetLimit(eraseAtOnce)
		for _, row := range page {
			after = row.ID
			group.Go(func() error { return step(inGroup, row) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
}
