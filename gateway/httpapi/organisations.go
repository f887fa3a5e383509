package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// CreateOrganisation adds a client or a provider.
func (s *server) CreateOrganisation(ctx context.Context, r CreateOrganisationRequestObject) (CreateOrganisationResponseObject, error) {
	ctx, caller := enter(ctx)
	o, err := s.gateway.CreateOrganisation(ctx, caller, gateway.NewOrganisation{
		Kind: gateway.OrganisationKind(r.Body.Kind), Name: r.Body.Name, Country: r.Body.Country,
	})
	return CreateOrganisation201JSONResponse{
		ID: string(o.ID), Kind: api.OrganisationKind(o.Kind), Name: o.Name, Country: o.Country, Created: o.Created,
	}, err
}

// AddMember adds a person to an organisation.
func (s *server) AddMember(ctx context.Context, r AddMemberRequestObject) (AddMemberResponseObject, error) {
	ctx, caller := enter(ctx)
	m, err := s.gateway.AddMember(ctx, caller, policy.OrganisationID(r.Organisation), gateway.NewMember{
		Name: r.Body.Name, Duties: converted[policy.Role](r.Body.Duties), Until: or(r.Body.Until),
	})
	return AddMember201JSONResponse{
		ID: string(m.ID), Organisation: string(m.Organisation), Name: m.Name, Duties: converted[api.Role](m.Duties),
		From: m.From, Until: moment(m.Until),
	}, err
}

// EndMember ends a person's membership.
func (s *server) EndMember(ctx context.Context, r EndMemberRequestObject) (EndMemberResponseObject, error) {
	ctx, caller := enter(ctx)
	return EndMember204Response{}, s.gateway.EndMember(ctx, caller, policy.PersonID(r.Person))
}

// IssueCredential makes a secret for a person.
func (s *server) IssueCredential(ctx context.Context, r IssueCredentialRequestObject) (IssueCredentialResponseObject, error) {
	ctx, caller := enter(ctx)
	k, err := s.gateway.IssueCredential(ctx, caller, policy.PersonID(r.Person))
	return IssueCredential201JSONResponse{
		ID: k.ID, Person: string(k.Person), Secret: k.Secret, Until: moment(k.Until),
	}, err
}
