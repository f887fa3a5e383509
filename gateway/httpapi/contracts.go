package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// ListContracts gives a page of the caller's contracts.
func (s *server) ListContracts(ctx context.Context, r ListContractsRequestObject) (ListContractsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	contracts, next, err := s.gateway.Contracts(ctx, caller, p)
	return ListContracts200JSONResponse{Items: each(contracts, toContract), Next: orNil(next)}, err
}

// GetContract gives a contract.
func (s *server) GetContract(ctx context.Context, r GetContractRequestObject) (GetContractResponseObject, error) {
	ctx, caller := enter(ctx)
	c, err := s.gateway.Contract(ctx, caller, policy.ContractID(r.Contract))
	return GetContract200JSONResponse(toContract(c)), err
}

// ApproveContract puts a version in force.
func (s *server) ApproveContract(ctx context.Context, r ApproveContractRequestObject) (ApproveContractResponseObject, error) {
	ctx, caller := enter(ctx)
	c, err := s.gateway.ApproveContract(ctx, caller, policy.ContractID(r.Contract), r.Body.Version)
	return ApproveContract200JSONResponse(toContract(c)), err
}

// SuspendContract stops every access under a contract.
func (s *server) SuspendContract(ctx context.Context, r SuspendContractRequestObject) (SuspendContractResponseObject, error) {
	ctx, caller := enter(ctx)
	c, err := s.gateway.SuspendContract(ctx, caller, policy.ContractID(r.Contract), r.Body.Reason)
	return SuspendContract200JSONResponse(toContract(c)), err
}

// ResumeContract ends a suspension.
func (s *server) ResumeContract(ctx context.Context, r ResumeContractRequestObject) (ResumeContractResponseObject, error) {
	ctx, caller := enter(ctx)
	c, err := s.gateway.ResumeContract(ctx, caller, policy.ContractID(r.Contract), r.Body.Reason)
	return ResumeContract200JSONResponse(toContract(c)), err
}

// TerminateContract ends a contract for good.
func (s *server) TerminateContract(ctx context.Context, r TerminateContractRequestObject) (TerminateContractResponseObject, error) {
	ctx, caller := enter(ctx)
	c, err := s.gateway.TerminateContract(ctx, caller, policy.ContractID(r.Contract), r.Body.Reason)
	return TerminateContract200JSONResponse(toContract(c)), err
}

// GrantRole gives a person a role on a contract.
func (s *server) GrantRole(ctx context.Context, r GrantRoleRequestObject) (GrantRoleResponseObject, error) {
	ctx, caller := enter(ctx)
	if err := checkIdentifiers(map[string]*string{"person": &r.Body.Person}); err != nil {
		return nil, err
	}
	m, err := s.gateway.GrantRole(ctx, caller, policy.ContractID(r.Contract), gateway.NewMembership{
		Person: policy.PersonID(r.Body.Person), Role: policy.Role(r.Body.Role), Until: or(r.Body.Until),
	})
	return GrantRole201JSONResponse(toMembership(m)), err
}

// ListMemberships gives a page of the memberships of a contract.
func (s *server) ListMemberships(ctx context.Context, r ListMembershipsRequestObject) (ListMembershipsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	list, next, err := s.gateway.Memberships(ctx, caller, policy.ContractID(r.Contract), p)
	return ListMemberships200JSONResponse{Items: each(list, toMembership), Next: orNil(next)}, err
}

func toMembership(m gateway.Membership) api.Membership {
	return api.Membership{ID: string(m.ID), Contract: string(m.Contract), Person: string(m.Person), Role: api.Role(m.Role),
		From: m.From, Until: moment(m.Until)}
}

// EndRole ends a membership.
func (s *server) EndRole(ctx context.Context, r EndRoleRequestObject) (EndRoleResponseObject, error) {
	ctx, caller := enter(ctx)
	return EndRole204Response{}, s.gateway.EndRole(ctx, caller, policy.ContractID(r.Contract), policy.MembershipID(r.Membership))
}

func toContract(c gateway.Contract) api.Contract {
	return api.Contract{
		ID: string(c.ID), Reference: c.Reference, Title: c.Title, Client: string(c.Client), Provider: string(c.Provider),
		Status: api.ContractStatus(c.Status), Version: c.Version, InForce: orNil(c.InForce), Terms: string(c.Terms), TermsSHA256: c.Digest,
		From: moment(c.From), Until: moment(c.Until), Missing: each(c.Missing, toTermsProblem),
		Recorded: each(c.Recorded, toTermsProblem),
	}
}

func toTermsProblem(p policy.Problem) api.TermsProblem {
	return api.TermsProblem{Path: p.Path, Line: orNil(p.Line), Detail: p.Detail}
}
