package httpapi

import "github.com/bordereau/bordereau/gateway/api"

// The operations that ask a ledger take the same filters, and the generator makes a type
// of its own for each. These functions bring them into one, for eventQuery. A test
// compares them with the OpenAPI document: an accepted filter that is dropped would lead
// to an answer to another question.

// countFilters are the filters of CountEvents, which has no pages.
func countFilters(p api.CountEventsParams) api.ListEventsParams {
	return api.ListEventsParams{
		Ledger: p.Ledger, Actor: p.Actor, Document: p.Document, Batch: p.Batch, Contract: p.Contract, Provider: p.Provider,
		Action: p.Action, Outcome: p.Outcome, Reason: p.Reason, Organisation: p.Organisation, Role: p.Role, Site: p.Site,
		Country: p.Country, From: p.From, To: p.To,
	}
}

// exportFilters are the filters of ExportEvents, which has no pages either.
func exportFilters(p api.ExportEventsParams) api.ListEventsParams {
	return api.ListEventsParams{
		Ledger: p.Ledger, Actor: p.Actor, Document: p.Document, Batch: p.Batch, Contract: p.Contract, Provider: p.Provider,
		Action: p.Action, Outcome: p.Outcome, Reason: p.Reason, Organisation: p.Organisation, Role: p.Role, Site: p.Site,
		Country: p.Country, From: p.From, To: p.To,
	}
}

// questionFilters are the filters and the page of AskQuestion.
func questionFilters(p api.AskQuestionParams) api.ListEventsParams {
	return api.ListEventsParams{
		Ledger: p.Ledger, Actor: p.Actor, Document: p.Document, Batch: p.Batch, Contract: p.Contract, Provider: p.Provider,
		Action: p.Action, Outcome: p.Outcome, Reason: p.Reason, Organisation: p.Organisation, Role: p.Role, Site: p.Site,
		Country: p.Country, From: p.From, To: p.To, After: p.After, Limit: p.Limit,
	}
}
