package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// LocalHasOperator says whether Bootstrap has made the operator.
func (g *Gateway) LocalHasOperator(ctx context.Context) (has bool, err error) {
	err = g.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.OperatorOrganisation(ctx)
		has = err == nil
		return choke.IgnoreNoRows(err)
	})
	return has, err
}

// LocalRenewOperator gives the first person who holds the operator's duty a new
// credential, for the owner of the machine who has lost the others. alone ends the
// earlier ones. The operator's ledger records it as an act of the machine's owner.
func (g *Gateway) LocalRenewOperator(ctx context.Context, alone bool) (Credential, error) {
	c := Credential{ID: policy.NewID("k")}
	var hash []byte
	c.Secret, hash = newSecret()
	err := g.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		c.Person, err = tx.FirstOperator(ctx, queries.At(g.door.Now()))
		return err
	})
	if choke.IsNoRows(err) {
		return Credential{}, &Conflict{Kind: ConflictState, Detail: "no person holds the operator's duty"}
	}
	if err != nil {
		return Credential{}, err
	}
	e := g.owner.Event(policy.ActionCredentialIssue)
	e.Subject = string(c.Person)
	err = g.owner.Record(ctx, choke.OperatorLedger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		now := queries.At(g.door.Now())
		if alone {
			if err := tx.EndCredentials(ctx, queries.EndCredentialsParams{Person: c.Person, Now: now}); err != nil {
				return false, fmt.Errorf("ending credentials: %w", err)
			}
		}
		if err := tx.InsertCredential(ctx, queries.InsertCredentialParams{ID: c.ID, Person: c.Person, SecretHash: hash,
			ValidFrom: now, ValidUntil: queries.Forever}); err != nil {
			return false, fmt.Errorf("inserting credential: %w", err)
		}
		return true, nil
	})
	if err != nil {
		return Credential{}, err
	}
	return c, nil
}
