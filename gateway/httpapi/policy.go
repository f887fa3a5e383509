package httpapi

import (
	"context"
	"net/netip"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// ExitContract closes a terminated contract for good.
func (s *server) ExitContract(ctx context.Context, r ExitContractRequestObject) (ExitContractResponseObject, error) {
	ctx, caller := enter(ctx)
	c, err := s.gateway.ExitContract(ctx, caller, policy.ContractID(r.Contract), r.Body.Reason)
	return ExitContract200JSONResponse(toContract(c)), err
}

// ListVersions gives the versions of a contract.
func (s *server) ListVersions(ctx context.Context, r ListVersionsRequestObject) (ListVersionsResponseObject, error) {
	ctx, caller := enter(ctx)
	list, err := s.gateway.ContractVersions(ctx, caller, policy.ContractID(r.Contract))
	return ListVersions200JSONResponse{Items: each(list, toVersion)}, err
}

func toVersion(v gateway.ContractVersion) api.Version {
	return api.Version{Version: v.Version, Terms: string(v.Terms), TermsSHA256: v.Digest, ProposedBy: string(v.ProposedBy),
		Proposed: v.Proposed, ApprovedBy: orNil(string(v.ApprovedBy)), Approved: moment(v.Approved), Effective: v.Effective, InForce: v.InForce}
}

// ListReaders answers which people can read a document, a batch or a contract's documents
// now.
func (s *server) ListReaders(ctx context.Context, r ListReadersRequestObject) (ListReadersResponseObject, error) {
	ctx, caller := enter(ctx)
	p := r.Params
	if given(p.Contract)+given(p.Batch)+given(p.Document) != 1 {
		return nil, &refusal{kind: kindParameter, detail: "Exactly one of contract, batch and document must be given."}
	}
	if err := checkIdentifiers(map[string]*string{"contract": p.Contract, "batch": p.Batch, "document": p.Document}); err != nil {
		return nil, err
	}
	answer, err := s.gateway.Who(ctx, caller, gateway.Subject{Contract: policy.ContractID(or(p.Contract)),
		Batch: policy.BatchID(or(p.Batch)), Document: policy.DocumentID(or(p.Document))})
	return ListReaders200JSONResponse{Items: each(answer.List, toReader), Complete: answer.Complete, Ceilings: answer.Ceilings}, err
}

func given[T any](v *T) int {
	if v == nil {
		return 0
	}
	return 1
}

// GetPast answers which documents a person could read at a time.
func (s *server) GetPast(ctx context.Context, r GetPastRequestObject) (GetPastResponseObject, error) {
	ctx, caller := enter(ctx)
	if given(r.Params.At)+given(r.Params.On) != 1 {
		return nil, &refusal{kind: kindParameter, detail: "Exactly one of at and on must be given."}
	}
	if err := checkIdentifiers(map[string]*string{"person": &r.Params.Person}); err != nil {
		return nil, err
	}
	when := gateway.When{At: or(r.Params.At)}
	if r.Params.On != nil {
		day, err := time.Parse(time.DateOnly, *r.Params.On)
		if err != nil {
			return nil, &refusal{kind: kindParameter, field: "on", detail: "The value must be a day such as 2026-11-25."}
		}
		when.On = day
	}
	answer, err := s.gateway.Past(ctx, caller, policy.PersonID(r.Params.Person), when)
	return GetPast200JSONResponse{Items: each(answer.List, toReader), Complete: answer.Complete, Ceilings: answer.Ceilings}, err
}

func toReader(r gateway.Reader) api.Reader {
	return api.Reader{Person: string(r.Person), Contract: string(r.Contract), Version: r.Version, Batch: string(r.Batch),
		Assignment: string(r.Assignment), Class: string(r.Class), Documents: r.Documents, Bytes: r.Bytes, At: r.At,
		Decision: toDecision(r.Decision), LeaseUntil: moment(r.LeaseUntil)}
}

func toDecision(d policy.Decision) api.Decision {
	return api.Decision{Allowed: d.Allowed, Reason: string(d.Reason), Role: orNil(string(d.Role)), Clause: orNil(d.Clause),
		Site: orNil(d.Site), Country: orNil(d.Country)}
}

// GetImpact answers what a version would change.
func (s *server) GetImpact(ctx context.Context, r GetImpactRequestObject) (GetImpactResponseObject, error) {
	ctx, caller := enter(ctx)
	i, err := s.gateway.Impact(ctx, caller, policy.ContractID(r.Contract), r.Version)
	return GetImpact200JSONResponse{Before: i.Before, After: i.After, Problems: each(i.Problems, toTermsProblem),
		Terms: each(i.Terms, toTermChange), Rules: each(i.Rules, toRuleChange), Readers: each(i.Readers, toReaderChange), Complete: i.Complete}, err
}

func toTermChange(c policy.Change) api.TermChange {
	return api.TermChange{Path: c.Path, Before: orNil(c.Before), After: orNil(c.After)}
}

func toRuleChange(c gateway.RuleChange) api.RuleChange {
	return api.RuleChange{Opens: c.Opens, Role: string(c.Rule.Role), Class: c.Rule.Class, Action: string(c.Rule.Action),
		Phase: api.RuleChangePhase(c.Rule.Phase), Clause: c.Rule.Clause, Members: converted[string](c.Members),
		Documents: c.Documents, Bytes: c.Bytes}
}

func toReaderChange(c gateway.ReaderChange) api.Reader {
	r, after := toReader(c.Reader), toDecision(c.After)
	r.After = &after
	return r
}

// Simulate decides a hypothetical request.
func (s *server) Simulate(ctx context.Context, r SimulateRequestObject) (SimulateResponseObject, error) {
	ctx, caller := enter(ctx)
	f, err := toFacts(*r.Body)
	if err != nil {
		return nil, err
	}
	if r.Body.Version != nil && *r.Body.Version < 1 {
		return nil, &refusal{kind: kindBody, field: "version", detail: "The value must be at least 1."}
	}
	answer, err := s.gateway.Simulate(ctx, caller, policy.ContractID(r.Contract), or(r.Body.Version), f)
	return Simulate200JSONResponse{Version: answer.Version, Decision: toDecision(answer.Decision),
		Conditions: each(answer.Outcomes, toOutcome)}, err
}

// toFacts gives the facts of a simulation. The person is a member unless the simulation
// says otherwise, and a received document has the size that the simulation says.
func toFacts(b api.SimulatedFacts) (policy.Facts, error) {
	size := int64(-1)
	if b.Size != nil {
		size = *b.Size
	}
	f := policy.Facts{
		Action: policy.Action(b.Action), Roles: converted[policy.Role](b.Roles), MemberActive: b.Member == nil || *b.Member,
		Now: or(b.At), Class: policy.Class(or(b.Class)),
		Batch:    &policy.Batch{State: policy.BatchState(or(b.Batch)), Resent: false},
		Incoming: &policy.Incoming{MediaType: or(b.MediaType), Size: size},
		Document: &policy.Document{State: policy.DocumentState(or(b.Document)), Size: size},
		Work:     &policy.Work{Assigned: or(b.Assigned), Lease: policy.LeaseState(or(b.Lease))},
		Reading:  &policy.Reading{Documents: or(b.ReadDocuments), Bytes: or(b.ReadBytes), Counted: false, Skipped: 0, Reserved: false},
	}
	if status := policy.ContractStatus(or(b.Status)); status != "" {
		f.Contract = &policy.Contract{Status: status, Terminated: or(b.Ended)}
	}
	if len(b.Roles) == 0 || len(b.Roles) > 8 {
		return f, &refusal{kind: kindBody, field: "roles", detail: "The value must name 1 to 8 roles."}
	}
	if size < -1 || f.Reading.Documents < 0 || f.Reading.Bytes < 0 {
		return f, &refusal{kind: kindBody, detail: "Sizes and counts must not be negative."}
	}
	if b.Address != nil {
		address, err := netip.ParseAddr(*b.Address)
		if err != nil {
			return f, &refusal{kind: kindBody, field: "address", detail: "The value must be an IP address."}
		}
		f.Address = address
	}
	return f, nil
}

func toOutcome(o policy.Outcome) api.ConditionOutcome {
	return api.ConditionOutcome{Condition: o.Condition, Holds: o.Holds, Reason: string(o.Reason)}
}
