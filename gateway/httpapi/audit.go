package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway"
)

// ListEvents asks a ledger.
func (s *server) ListEvents(ctx context.Context, r ListEventsRequestObject) (ListEventsResponseObject, error) {
	ctx, caller := enter(ctx)
	query, err := filtersOfListEvents(r.Params).query(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	answer, err := s.gateway.AskLedger(ctx, caller, query.Ledger, gateway.LedgerQuestion{Query: query})
	names := toNames(answer.Names)
	return ListEvents200JSONResponse{Items: each(answer.Events, toEvent), Next: orNil(answer.Next), Names: &names}, err
}

// GetCheckpoint gives a ledger's newest checkpoint.
func (s *server) GetCheckpoint(ctx context.Context, r GetCheckpointRequestObject) (GetCheckpointResponseObject, error) {
	ctx, caller := enter(ctx)
	note, err := s.gateway.Checkpoint(ctx, caller, r.Ledger)
	return GetCheckpoint200TextResponse(note), err
}
