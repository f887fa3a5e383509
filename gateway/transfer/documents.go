package transfer

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Document returns the record of a document, without its content.
func (t *Transfers) Document(ctx context.Context, caller choke.Caller, id choke.DocumentID) (choke.Document, error) {
	var d choke.Document
	_, err := t.door.Do(ctx, caller, choke.Hand(policy.ActionDocumentInspect,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (queries.Document, error) {
			row, err := s.OnDocument(ctx, tx, id)
			if err == nil && row.State != policy.DocumentReceived {
				return row, choke.ErrNotFound // an unacknowledged upload is no document yet
			}
			return row, err
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.Document) (err error) {
			if d, err = documentFrom(ctx, tx, row); err != nil || s.OfProvider() {
				return err
			}
			receipt, err := tx.ReceiptOfDocument(ctx, queries.ReceiptOfDocumentParams{Document: row.ID, Kind: receiptReceived})
			d.Receipt = receipt.ID
			return choke.IgnoreNoRows(err)
		}))
	return d, err
}

func readDocument(ctx context.Context, tx *database.Tx, id choke.DocumentID) (choke.Document, error) {
	row, err := tx.Document(ctx, id)
	if err != nil {
		return choke.Document{}, fmt.Errorf("reading document: %w", err)
	}
	return documentFrom(ctx, tx, row)
}

// documentFrom adds the file name, which is stored with the header.
func documentFrom(ctx context.Context, tx *database.Tx, row queries.Document) (choke.Document, error) {
	header, err := tx.DocumentHeader(ctx, row.ID)
	if choke.IsNoRows(err) && row.State == policy.DocumentReceived {
		row.State = policy.DocumentErased // its name was erased with its header
	} else if err != nil {
		return choke.Document{}, fmt.Errorf("reading document header: %w", err)
	}
	return documentOf(row, header.FileName), nil
}

func documentOf(row queries.Document, fileName string) choke.Document {
	return choke.Document{ID: row.ID, Batch: row.Batch, Contract: row.Contract,
		Reference: row.Reference, FileName: fileName, Class: row.Class, MediaType: row.MediaType, Charset: row.Charset,
		State: row.State, Size: row.Size, Digest: row.Digest, Received: row.Received.Time()}
}

// Documents lists the documents of a batch by reference. A person who is a
// handler and nothing else sees those of a standing assignment. The batch's other parties
// see all of them.
func (t *Transfers) Documents(ctx context.Context, caller choke.Caller, batch choke.BatchID, page choke.Page) ([]choke.Document, string, error) {
	return choke.List(ctx, t.door, caller, page, choke.Listing[queries.DocumentsOfBatchRow, choke.Document]{
		Action: policy.ActionBatchRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			_, err := s.OnBatch(ctx, tx, batch)
			return err
		},
		Cursor: policy.ParseReference,
		Rows: func(ctx context.Context, tx *database.Tx, s *choke.Scene, after string, limit int32) ([]queries.DocumentsOfBatchRow, error) {
			params := queries.DocumentsOfBatchParams{Batch: batch, After: after, Now: queries.At(s.Now()), Limit: limit}
			if s.OnlyAs(policy.RoleHandler) {
				params.Assigned = string(caller.Person)
			}
			return tx.DocumentsOfBatch(ctx, params)
		},
		After: func(row queries.DocumentsOfBatchRow) string { return row.Document.Reference },
		Item: func(_ context.Context, _ *database.Tx, s *choke.Scene, row queries.DocumentsOfBatchRow) (choke.Document, bool, error) {
			d := documentOf(row.Document, row.FileName)
			if !s.OfProvider() {
				d.Receipt = choke.ReceiptID(row.Receipt)
			}
			return d, true, nil
		},
	})
}
