package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// GetVersion gives one version of a contract.
func (s *server) GetVersion(ctx context.Context, r GetVersionRequestObject) (GetVersionResponseObject, error) {
	ctx, caller := enter(ctx)
	v, err := s.gateway.ContractVersion(ctx, caller, policy.ContractID(r.Contract), r.Version)
	return GetVersion200JSONResponse(toVersion(v)), err
}

// ListChanges compares two versions of a contract.
func (s *server) ListChanges(ctx context.Context, r ListChangesRequestObject) (ListChangesResponseObject, error) {
	ctx, caller := enter(ctx)
	if r.Params.Base < 1 {
		return nil, &refusal{kind: kindParameter, field: "base", detail: "The value must be at least 1."}
	}
	c, err := s.gateway.Changes(ctx, caller, policy.ContractID(r.Contract), r.Params.Base, r.Version)
	return ListChanges200JSONResponse{Base: c.Base, Version: c.Version, Terms: each(c.Terms, toTermChange),
		Rules: append(each(c.Closed, toVersionRule(false)), each(c.Opened, toVersionRule(true))...)}, err
}

func toVersionRule(opens bool) func(policy.Rule) api.VersionRule {
	return func(r policy.Rule) api.VersionRule {
		return api.VersionRule{Opens: opens, Role: string(r.Role), Class: r.Class, Action: string(r.Action),
			Phase: api.VersionRulePhase(r.Phase), Clause: r.Clause}
	}
}
