package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// OpenBatch opens a batch under a contract.
func (s *server) OpenBatch(ctx context.Context, r OpenBatchRequestObject) (OpenBatchResponseObject, error) {
	ctx, caller := enter(ctx)
	b, opened, err := s.gateway.OpenBatch(ctx, caller, policy.ContractID(r.Contract), r.Body.Reference)
	if !opened {
		return OpenBatch200JSONResponse(toBatch(b)), err
	}
	return OpenBatch201JSONResponse(toBatch(b)), err
}

// ListBatches gives a page of the batches that the caller may see.
func (s *server) ListBatches(ctx context.Context, r ListBatchesRequestObject) (ListBatchesResponseObject, error) {
	ctx, caller := enter(ctx)
	if r.Params.State != nil && !r.Params.State.Valid() {
		return nil, &refusal{kind: kindParameter, field: "state", detail: "The value must be open, sealed or withdrawn."}
	}
	if r.Params.Assigned != nil && !r.Params.Assigned.Valid() {
		return nil, &refusal{kind: kindParameter, field: "assigned", detail: "The value must be me."}
	}
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	batches, next, err := s.gateway.Batches(ctx, caller, gateway.BatchFilter{
		State: policy.BatchState(or(r.Params.State)), Reference: or(r.Params.Reference), AssignedToMe: r.Params.Assigned != nil,
	}, p)
	return ListBatches200JSONResponse{Items: each(batches, toBatch), Next: orNil(next)}, err
}

// GetBatch gives a batch.
func (s *server) GetBatch(ctx context.Context, r GetBatchRequestObject) (GetBatchResponseObject, error) {
	ctx, caller := enter(ctx)
	b, err := s.gateway.Batch(ctx, caller, policy.BatchID(r.Batch))
	return GetBatch200JSONResponse(toBatch(b)), err
}

// ListDocuments gives a page of a batch's documents.
func (s *server) ListDocuments(ctx context.Context, r ListDocumentsRequestObject) (ListDocumentsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	documents, next, err := s.gateway.Documents(ctx, caller, policy.BatchID(r.Batch), p)
	return ListDocuments200JSONResponse{Items: each(documents, toDocument), Next: orNil(next)}, err
}

// WithdrawBatch takes an open batch back.
func (s *server) WithdrawBatch(ctx context.Context, r WithdrawBatchRequestObject) (WithdrawBatchResponseObject, error) {
	ctx, caller := enter(ctx)
	b, err := s.gateway.WithdrawBatch(ctx, caller, policy.BatchID(r.Batch))
	return WithdrawBatch200JSONResponse(toBatch(b)), err
}

// SealBatch closes a batch.
func (s *server) SealBatch(ctx context.Context, r SealBatchRequestObject) (SealBatchResponseObject, error) {
	ctx, caller := enter(ctx)
	b, err := s.gateway.SealBatch(ctx, caller, policy.BatchID(r.Batch), gateway.Manifest{
		Documents: r.Body.Documents, Bytes: r.Body.Bytes, Totals: r.Body.Totals,
	})
	return SealBatch200JSONResponse(toBatch(b)), err
}

func toBatch(b gateway.Batch) api.Batch {
	totals := b.Totals
	if totals == nil {
		totals = map[string]int64{}
	}
	return api.Batch{
		ID: string(b.ID), Contract: string(b.Contract), Reference: b.Reference, State: api.BatchState(b.State),
		Opened: b.Opened, Sealed: moment(b.Sealed), Withdrawn: moment(b.Withdrawn), Documents: b.Documents, Bytes: b.Bytes, Totals: totals,
	}
}
