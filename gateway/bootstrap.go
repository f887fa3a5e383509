package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// First is the operator's organisation and its first person, who makes all others.
type First struct {
	Organisation string // name
	Country      string // ISO 3166-1 alpha-2
	Person       string // name
}

// Bootstrap makes the operator's organisation and its first person, with a credential.
// The owner of the machine runs it once. It returns a *Conflict if there is an operator
// already.
func (g *Gateway) Bootstrap(ctx context.Context, f First) (Member, Credential, error) {
	if !policy.IsCountry(f.Country) {
		return Member{}, Credential{}, &Invalid{Kind: InvalidParameter, Field: "country", Detail: "must be the code of a country: two capital letters of ISO 3166-1"}
	}
	now := g.door.Now()
	org := OrganisationID(policy.NewID("o"))
	m := Member{ID: PersonID(policy.NewID("p")), Organisation: org, Name: f.Person,
		Duties: []policy.Role{policy.RoleOperator, policy.RoleComplianceOfficer}, From: now}
	c := Credential{ID: policy.NewID("k"), Person: m.ID}
	var hash []byte
	c.Secret, hash = newSecret()
	e := choke.OwnEvent(policy.ActionMemberAdd, now)
	e.Organisation, e.Subject = string(org), string(m.ID)
	err := g.owner.Record(ctx, choke.OperatorLedger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		if _, err := tx.OperatorOrganisation(ctx); !choke.IsNoRows(err) {
			return false, choke.OrConflict(err, &Conflict{Kind: ConflictState, Detail: "there is an operator already"})
		}
		if err := tx.InsertOrganisation(ctx, queries.InsertOrganisationParams{ID: org, Kind: string(KindOperator),
			Name: f.Organisation, Country: f.Country, Created: queries.At(now)}); err != nil {
			return false, fmt.Errorf("inserting operator: %w", err)
		}
		if err := insertMember(ctx, tx, m, choke.System); err != nil {
			return false, err
		}
		if err := tx.InsertCredential(ctx, queries.InsertCredentialParams{ID: c.ID, Person: m.ID, SecretHash: hash,
			ValidFrom: queries.At(now), ValidUntil: queries.Forever}); err != nil {
			return false, fmt.Errorf("inserting credential: %w", err)
		}
		return true, nil
	})
	if err != nil {
		return Member{}, Credential{}, err
	}
	return m, c, nil
}
