package choke

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// ChangeStatus gives a contract another status from now on. It refuses with a *Conflict
// if the contract's status is none of from. If the caller has changed it so before, for
// the same reason, the request was sent again and changes nothing.
func ChangeStatus(ctx context.Context, tx *database.Tx, s *Scene, id ContractID, to policy.ContractStatus, reason string,
	from ...policy.ContractStatus) error {
	current, err := tx.ContractStatusForChange(ctx, id)
	if err != nil {
		return fmt.Errorf("reading contract status: %w", err)
	}
	if current.Status == to && current.ChangedBy == s.caller.Person && reason != "" && current.Reason == reason {
		return nil
	}
	allowed := false
	for _, f := range from {
		allowed = allowed || current.Status == f
	}
	if !allowed {
		return &Conflict{Kind: ConflictState, Detail: fmt.Sprintf("the contract is %s", current.Status)}
	}
	if _, err := tx.EndContractStatus(ctx, queries.EndContractStatusParams{ID: current.ID, ValidUntil: queries.At(s.now)}); err != nil {
		return err
	}
	return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: policy.NewID("s"), Contract: id,
		Status: to, Reason: reason, ChangedBy: s.caller.Person, ValidFrom: queries.At(s.now)})
}
