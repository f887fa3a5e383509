package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// ListEvents asks a ledger.
func (s *server) ListEvents(ctx context.Context, r ListEventsRequestObject) (ListEventsResponseObject, error) {
	ctx, caller := enter(ctx)
	query, err := eventQuery(r.Params)
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

// maxFilter is the longest text of a filter, in bytes. No event has a longer one, and the
// question itself must fit into an event.
const maxFilter = 255

func eventQuery(p api.ListEventsParams) (gateway.EventQuery, error) {
	if !event.ValidLedger(p.Ledger) {
		return gateway.EventQuery{}, &gateway.Invalid{Kind: gateway.InvalidIdentifier, Field: "ledger",
			Detail: "The value must be an organisation's identifier or `operator`."}
	}
	if p.Outcome != nil && !p.Outcome.Valid() {
		return gateway.EventQuery{}, &refusal{kind: kindParameter, field: "outcome", detail: "The value must be allow, deny or error."}
	}
	if err := checkIdentifiers(map[string]*string{"actor": p.Actor, "document": p.Document, "batch": p.Batch,
		"contract": p.Contract, "provider": p.Provider, "organisation": p.Organisation}); err != nil {
		return gateway.EventQuery{}, err
	}
	for name, text := range map[string]*string{"action": p.Action, "reason": p.Reason, "role": p.Role, "site": p.Site,
		"country": p.Country, "after": p.After} {
		if len(or(text)) > maxFilter {
			return gateway.EventQuery{}, &refusal{kind: kindParameter, field: name, detail: "The value is too long."}
		}
	}
	paging, err := page(p.After, p.Limit)
	return gateway.EventQuery{
		Ledger: p.Ledger, Actor: or(p.Actor), Document: or(p.Document), Batch: or(p.Batch), Contract: or(p.Contract),
		Provider: or(p.Provider), Action: event.Action(or(p.Action)), Outcome: event.Outcome(or(p.Outcome)),
		Organisation: or(p.Organisation), Role: or(p.Role), Site: or(p.Site), Country: or(p.Country),
		Reason: or(p.Reason), From: or(p.From), To: or(p.To), Cursor: paging.After, Limit: paging.Limit,
	}, err
}

func toEvent(e event.Event) api.Event {
	private := e.Private
	if private == nil {
		private = map[string]string{}
	}
	return api.Event{
		Ledger: e.Ledger, Seq: e.Seq, Time: e.Time, ID: e.ID, Occurred: e.Occurred, Phase: api.Phase(e.Phase),
		Action: string(e.Action), Outcome: api.Outcome(e.Outcome), Reason: e.Reason,
		Actor: e.Actor, Organisation: e.Organisation, Role: e.Role, Auth: e.Auth,
		Contract: e.Contract, Version: e.Version, Clause: e.Clause, Provider: e.Provider, Batch: e.Batch,
		Document: e.Document, Class: e.Class, Assignment: e.Assignment, Subject: e.Subject,
		Site: e.Site, Country: e.Country, Bytes: e.Bytes, Length: e.Length, Grant: e.Grant,
		Request: e.Request, Node: e.Node, Private: private, Commitment: e.Commitment,
	}
}
