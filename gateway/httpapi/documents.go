package httpapi

import (
	"context"
	"encoding/hex"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// GetDocument gives a document's record.
func (s *server) GetDocument(ctx context.Context, r GetDocumentRequestObject) (GetDocumentResponseObject, error) {
	ctx, caller := enter(ctx)
	d, err := s.gateway.Document(ctx, caller, policy.DocumentID(r.Document))
	return GetDocument200JSONResponse(toDocument(d)), err
}

// WithdrawDocument takes a document back from an open batch.
func (s *server) WithdrawDocument(ctx context.Context, r WithdrawDocumentRequestObject) (WithdrawDocumentResponseObject, error) {
	ctx, caller := enter(ctx)
	d, err := s.gateway.WithdrawDocument(ctx, caller, policy.DocumentID(r.Document))
	return WithdrawDocument200JSONResponse(toDocument(d)), err
}

// GetReceipt gives a receipt again.
func (s *server) GetReceipt(ctx context.Context, r GetReceiptRequestObject) (GetReceiptResponseObject, error) {
	ctx, caller := enter(ctx)
	receipt, err := s.gateway.Receipt(ctx, caller, policy.ReceiptID(r.Receipt))
	return GetReceipt200JSONResponse(toReceipt(receipt)), err
}

// GetDocumentReceipt gives the receipt of a document.
func (s *server) GetDocumentReceipt(ctx context.Context, r GetDocumentReceiptRequestObject) (GetDocumentReceiptResponseObject, error) {
	ctx, caller := enter(ctx)
	receipt, err := s.gateway.ReceiptOf(ctx, caller, policy.DocumentID(r.Document))
	return GetDocumentReceipt200JSONResponse(toReceipt(receipt)), err
}

// ListReceipts gives a page of the receipts of a batch.
func (s *server) ListReceipts(ctx context.Context, r ListReceiptsRequestObject) (ListReceiptsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	list, next, err := s.gateway.Receipts(ctx, caller, policy.BatchID(r.Batch), p)
	return ListReceipts200JSONResponse{Items: each(list, toReceipt), Next: orNil(next)}, err
}

func toDocument(d gateway.Document) api.Document {
	return api.Document{
		ID: string(d.ID), Batch: string(d.Batch), Contract: string(d.Contract), Reference: d.Reference,
		FileName: d.FileName, Class: string(d.Class), MediaType: d.MediaType, Charset: orNil(d.Charset), State: api.DocumentState(d.State),
		Size: d.Size, SHA256: orNil(hex.EncodeToString(d.Digest)), Received: moment(d.Received), Receipt: orNil(string(d.Receipt)),
	}
}

func toReceipt(r gateway.Receipt) api.Receipt {
	return api.Receipt{ID: string(r.ID), Document: string(r.Document), JWS: r.JWS, Issued: r.Issued}
}
