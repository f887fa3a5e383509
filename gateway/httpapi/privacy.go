package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// ProposePersonErasure proposes to erase the personal data in a person's events.
func (s *server) ProposePersonErasure(ctx context.Context, r ProposePersonErasureRequestObject) (ProposePersonErasureResponseObject, error) {
	ctx, caller := enter(ctx)
	if err := checkIdentifiers(map[string]*string{"person": &r.Body.Person}); err != nil {
		return nil, err
	}
	p, err := s.gateway.ProposePersonErasure(ctx, caller, r.Ledger, policy.PersonID(r.Body.Person), r.Body.Reason)
	return ProposePersonErasure201JSONResponse(toPersonErasure(p)), err
}

// ApprovePersonErasure approves an erasure that another person proposed.
func (s *server) ApprovePersonErasure(ctx context.Context, r ApprovePersonErasureRequestObject) (ApprovePersonErasureResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := s.gateway.ApprovePersonErasure(ctx, caller, r.Ledger, policy.ErasureID(r.Erasure))
	return ApprovePersonErasure200JSONResponse(toPersonErasure(p)), err
}

// GetPersonErasure gives the record of an erasure.
func (s *server) GetPersonErasure(ctx context.Context, r GetPersonErasureRequestObject) (GetPersonErasureResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := s.gateway.PersonErasure(ctx, caller, r.Ledger, policy.ErasureID(r.Erasure))
	return GetPersonErasure200JSONResponse(toPersonErasure(p)), err
}

// HoldPerson places a legal hold on a person's events.
func (s *server) HoldPerson(ctx context.Context, r HoldPersonRequestObject) (HoldPersonResponseObject, error) {
	ctx, caller := enter(ctx)
	if err := checkIdentifiers(map[string]*string{"person": &r.Body.Person}); err != nil {
		return nil, err
	}
	h, err := s.gateway.HoldPerson(ctx, caller, r.Ledger, policy.PersonID(r.Body.Person), r.Body.Reason)
	return HoldPerson201JSONResponse(toPersonHold(h)), err
}

// ListPersonHolds gives a page of the holds on people in a ledger.
func (s *server) ListPersonHolds(ctx context.Context, r ListPersonHoldsRequestObject) (ListPersonHoldsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	holds, next, err := s.gateway.PersonHolds(ctx, caller, r.Ledger, p)
	return ListPersonHolds200JSONResponse{Items: each(holds, toPersonHold), Next: orNil(next)}, err
}

// LiftPersonHold lifts a legal hold on a person's events.
func (s *server) LiftPersonHold(ctx context.Context, r LiftPersonHoldRequestObject) (LiftPersonHoldResponseObject, error) {
	ctx, caller := enter(ctx)
	h, err := s.gateway.LiftPersonHold(ctx, caller, r.Ledger, policy.HoldID(r.Hold))
	return LiftPersonHold200JSONResponse(toPersonHold(h)), err
}

func toPersonErasure(p gateway.PersonErasure) api.PersonErasure {
	return api.PersonErasure{
		ID: string(p.ID), Ledger: p.Ledger, Person: string(p.Person), State: api.PersonErasureState(p.State), Reason: p.Reason,
		ProposedBy: string(p.ProposedBy), Proposed: p.Proposed, DecidedBy: orNil(string(p.DecidedBy)), Decided: moment(p.Decided),
		Finished: moment(p.Finished), Erased: p.Halves,
	}
}

func toPersonHold(h gateway.PersonHold) api.PersonHold {
	return api.PersonHold{
		ID: string(h.ID), Ledger: h.Ledger, Person: string(h.Person), Reason: h.Reason, PlacedBy: string(h.PlacedBy),
		LiftedBy: orNil(string(h.LiftedBy)), From: h.From, Until: moment(h.Until),
	}
}
