package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// First is the operator's organisation and its first person, with whom everything else begins.
type First struct {
	Organisation string // name
	Country      string // ISO 3166-1 alpha-2
	Person       string // name
}

// Bootstrap makes the operator's organisation and its first operator with a credential. It happens once, on whoever's
// machine the gateway runs: a *Conflict when there is an operator already.
func (g *Gateway) Bootstrap(ctx context.Context, f First) (Member, Credential, error) {
	if !country.MatchString(f.Country) {
		return Member{}, Credential{}, &Invalid{Kind: InvalidParameter, Field: "country", Detail: "must be two capital letters (ISO 3166-1 alpha-2)"}
	}
	now := g.now()
	org := OrganisationID(policy.NewID("o"))
	m := Member{ID: PersonID(policy.NewID("p")), Organisation: org, Name: f.Person,
		Duties: []policy.Role{policy.RoleOperator, policy.RoleComplianceOfficer}, From: now}
	c := Credential{ID: policy.NewID("k"), Person: m.ID}
	var hash []byte
	c.Secret, hash = newSecret()
	var ticket audit.Ticket
	err := g.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		if _, err := tx.OperatorOrganisation(ctx); !isNoRows(err) {
			return orConflict(err, &Conflict{Kind: ConflictState, Detail: "there is an operator already"})
		}
		if err := tx.InsertOrganisation(ctx, queries.InsertOrganisationParams{ID: string(org), Kind: string(KindOperator),
			Name: f.Organisation, Country: f.Country, Created: micros(now)}); err != nil {
			return fmt.Errorf("inserting operator: %w", err)
		}
		if err := insertMember(ctx, tx, m, system); err != nil {
			return err
		}
		if err := tx.InsertCredential(ctx, queries.InsertCredentialParams{ID: c.ID, Person: string(m.ID), SecretHash: hash,
			ValidFrom: micros(now), ValidUntil: forever}); err != nil {
			return fmt.Errorf("inserting credential: %w", err)
		}
		var err error
		ticket, err = g.ledger.Stage(ctx, tx.SQL, operatorLedger, event.Event{ID: event.NewID(), Occurred: now,
			Phase: event.PhaseState, Action: event.Action(policy.ActionMemberAdd), Actor: system, Organisation: string(org),
			Subject: string(m.ID), Outcome: event.OutcomeAllow, Reason: string(policy.ReasonAllowed)})
		return err
	})
	if err != nil {
		return Member{}, Credential{}, g.unavailable(err)
	}
	if _, err := g.ledger.Wait(ctx, ticket); err != nil {
		return Member{}, Credential{}, g.unavailable(err)
	}
	return m, c, nil
}
