package transfer

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// receiptReceived is the first of the trade's acknowledgements: these bytes arrived.
const receiptReceived = "received"

// ReceiptClaims is what a receipt says. The sender compares its own digest with the
// signed one. Later both sides can show the pair.
type ReceiptClaims struct {
	ID        choke.ReceiptID      `json:"jti"`
	Kind      string               `json:"kind"` // received
	Issued    int64                `json:"iat"`  // seconds since 1970 UTC
	Client    choke.OrganisationID `json:"client"`
	Contract  choke.ContractID     `json:"contract"`
	Version   int64                `json:"contract_version"` // the version that accepted it
	Batch     choke.BatchID        `json:"batch"`
	Document  choke.DocumentID     `json:"document"`
	Reference string               `json:"reference"`
	Class     policy.Class         `json:"class"`
	MediaType string               `json:"media_type"`
	Size      int64                `json:"size"`   // plaintext bytes
	SHA256    string               `json:"sha256"` // lower-case hex, of the plaintext
}

// acknowledge signs and stores the receipt of a document that has just been received.
func (t *Transfers) acknowledge(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.Document) (choke.Receipt, error) {
	claims := ReceiptClaims{ID: choke.ReceiptID(policy.NewID("r")), Kind: receiptReceived, Issued: s.Now().Unix(), Client: s.Client(),
		Contract: s.Contract(), Version: s.Version(), Batch: row.Batch, Document: row.ID,
		Reference: row.Reference, Class: row.Class, MediaType: row.MediaType, Size: row.Size,
		SHA256: choke.HexOf(row.Digest)}
	jws, err := t.receipts.Sign(claims)
	if err != nil {
		return choke.Receipt{}, fmt.Errorf("signing receipt: %w", err)
	}
	err = tx.InsertReceipt(ctx, queries.InsertReceiptParams{ID: claims.ID, Contract: s.Contract(),
		Document: row.ID, Kind: receiptReceived, Jws: jws, Issued: queries.At(s.Now())})
	if err != nil {
		return choke.Receipt{}, fmt.Errorf("inserting receipt: %w", err)
	}
	return choke.Receipt{ID: claims.ID, Document: claims.Document, JWS: jws, Issued: s.Now()}, nil
}

func receiptOf(row queries.Receipt) choke.Receipt {
	return choke.Receipt{ID: row.ID, Document: row.Document, JWS: row.Jws, Issued: row.Issued.Time()}
}

// Receipt returns a receipt again, as it was signed.
func (t *Transfers) Receipt(ctx context.Context, caller choke.Caller, id choke.ReceiptID) (choke.Receipt, error) {
	var r choke.Receipt
	_, err := t.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionReceiptRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := tx.Receipt(ctx, id)
			if err != nil {
				return err
			}
			r = receiptOf(row)
			_, err = s.OnDocument(ctx, tx, r.Document)
			s.Event().Subject = string(row.ID)
			return err
		},
	})
	if err != nil {
		return choke.Receipt{}, err
	}
	return r, nil
}

// ReceiptOf returns the receipt of a document, also of one that was withdrawn.
func (t *Transfers) ReceiptOf(ctx context.Context, caller choke.Caller, id choke.DocumentID) (choke.Receipt, error) {
	var r choke.Receipt
	_, err := t.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionReceiptRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := tx.ReceiptOfDocument(ctx, queries.ReceiptOfDocumentParams{Document: id, Kind: receiptReceived})
			if err != nil {
				return err
			}
			r = receiptOf(row)
			_, err = s.OnDocument(ctx, tx, id)
			s.Event().Subject = string(row.ID)
			return err
		},
	})
	if err != nil {
		return choke.Receipt{}, err
	}
	return r, nil
}

// Receipts lists the receipts of a batch's documents, by reference. A client whose
// answers were lost finds them all here.
func (t *Transfers) Receipts(ctx context.Context, caller choke.Caller, batch choke.BatchID, page choke.Page) ([]choke.Receipt, string, error) {
	return choke.List(ctx, t.door, caller, page, choke.Listing[queries.ReceiptsOfBatchRow, choke.Receipt]{
		Action: policy.ActionReceiptList,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			_, err := s.OnBatch(ctx, tx, batch)
			return err
		},
		Cursor: policy.ParseReference,
		Rows: func(ctx context.Context, tx *database.Tx, _ *choke.Scene, after string, limit int32) ([]queries.ReceiptsOfBatchRow, error) {
			return tx.ReceiptsOfBatch(ctx, queries.ReceiptsOfBatchParams{Batch: batch, After: after, Limit: limit})
		},
		After: func(row queries.ReceiptsOfBatchRow) string { return row.Reference },
		Item:  choke.EachShown(func(row queries.ReceiptsOfBatchRow) choke.Receipt { return receiptOf(row.Receipt) }),
	})
}
