package choke

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

func ChangeStatus(ctx context.Context, tx *database.Tx, s *Scene, id ContractID, to policy.ContractStatus, reason string,
	from ...policy.ContractStatus) error {
	current, err := tx.ContractStatusForChange(ctx, string(id))
	if err != nil {
		return fmt.Errorf("reading contract status: %w", err)
	}
	allowed := false
	for _, f := range from {
		allowed = allowed || current.Status == string(f)
	}
	if !allowed {
		return &Conflict{Kind: ConflictState, Detail: fmt.Sprintf("the contract is %s", current.Status)}
	}
	if _, err := tx.EndContractStatus(ctx, queries.EndContractStatusParams{ID: current.ID, ValidUntil: Micros(s.now)}); err != nil {
		return err
	}
	return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: policy.NewID("s"), Contract: string(id),
		Status: string(to), Reason: reason, ChangedBy: string(s.caller.Person), ValidFrom: Micros(s.now)})
}
