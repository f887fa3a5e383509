package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// EraseDocument erases a document for good.
func (s *server) EraseDocument(ctx context.Context, r EraseDocumentRequestObject) (EraseDocumentResponseObject, error) {
	ctx, caller := enter(ctx)
	e, err := s.gateway.EraseDocument(ctx, caller, policy.DocumentID(r.Document), r.Body.Reason)
	return EraseDocument200JSONResponse(toErasure(e)), err
}

// ProposeErasure proposes to erase a contract.
func (s *server) ProposeErasure(ctx context.Context, r ProposeErasureRequestObject) (ProposeErasureResponseObject, error) {
	ctx, caller := enter(ctx)
	e, err := s.gateway.ProposeErasure(ctx, caller, policy.ContractID(r.Contract), r.Body.Reason)
	return ProposeErasure201JSONResponse(toErasure(e)), err
}

// ApproveErasure approves the erasure of a contract that another person proposed.
func (s *server) ApproveErasure(ctx context.Context, r ApproveErasureRequestObject) (ApproveErasureResponseObject, error) {
	ctx, caller := enter(ctx)
	e, err := s.gateway.ApproveErasure(ctx, caller, policy.ErasureID(r.Erasure))
	return ApproveErasure200JSONResponse(toErasure(e)), err
}

// GetErasure gives an erasure with its certificate.
func (s *server) GetErasure(ctx context.Context, r GetErasureRequestObject) (GetErasureResponseObject, error) {
	ctx, caller := enter(ctx)
	e, err := s.gateway.Erasure(ctx, caller, policy.ErasureID(r.Erasure))
	return GetErasure200JSONResponse(toErasure(e)), err
}

// HoldDocument places a legal hold on a document.
func (s *server) HoldDocument(ctx context.Context, r HoldDocumentRequestObject) (HoldDocumentResponseObject, error) {
	ctx, caller := enter(ctx)
	h, err := s.gateway.HoldDocument(ctx, caller, policy.DocumentID(r.Document), r.Body.Reason)
	return HoldDocument201JSONResponse(toHold(h)), err
}

// HoldContract places a legal hold on everything under a contract.
func (s *server) HoldContract(ctx context.Context, r HoldContractRequestObject) (HoldContractResponseObject, error) {
	ctx, caller := enter(ctx)
	h, err := s.gateway.HoldContract(ctx, caller, policy.ContractID(r.Contract), r.Body.Reason)
	return HoldContract201JSONResponse(toHold(h)), err
}

// ListHolds gives a page of the holds under a contract.
func (s *server) ListHolds(ctx context.Context, r ListHoldsRequestObject) (ListHoldsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	holds, next, err := s.gateway.Holds(ctx, caller, policy.ContractID(r.Contract), p)
	return ListHolds200JSONResponse{Items: each(holds, toHold), Next: orNil(next)}, err
}

// LiftHold lifts a legal hold.
func (s *server) LiftHold(ctx context.Context, r LiftHoldRequestObject) (LiftHoldResponseObject, error) {
	ctx, caller := enter(ctx)
	h, err := s.gateway.LiftHold(ctx, caller, policy.HoldID(r.Hold))
	return LiftHold200JSONResponse(toHold(h)), err
}

func toErasure(e gateway.Erasure) api.Erasure {
	return api.Erasure{
		ID: string(e.ID), Contract: string(e.Contract), Document: orNil(string(e.Document)), State: api.ErasureState(e.State),
		Reason: e.Reason, ProposedBy: string(e.ProposedBy), Proposed: e.Proposed, DecidedBy: orNil(string(e.DecidedBy)),
		Decided: moment(e.Decided), Certified: moment(e.Certified), Certificate: orNil(e.Certificate),
	}
}

func toHold(h gateway.Hold) api.Hold {
	return api.Hold{
		ID: string(h.ID), Contract: string(h.Contract), Document: orNil(string(h.Document)), Reason: h.Reason,
		PlacedBy: string(h.PlacedBy), LiftedBy: orNil(string(h.LiftedBy)), From: h.From, Until: moment(h.Until),
	}
}
