package keys

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// ContractRow is a contract with what this package needs of it.
type ContractRow struct {
	Id     choke.ContractID
	ledger string // its client's
}

// EachContract calls f for every contract, by id, outside any transaction.
func (kp *Keeper) EachContract(ctx context.Context, f func(ContractRow) error) error {
	after := ""
	for {
		var rows []queries.ContractsByIDRow
		err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			rows, err = tx.ContractsByID(ctx, queries.ContractsByIDParams{After: policy.ContractID(after), Limit: 500})
			return err
		})
		if err != nil {
			return choke.Unavailable(fmt.Errorf("listing contracts: %w", err))
		}
		if len(rows) == 0 {
			return nil
		}
		for _, r := range rows {
			if err := f(ContractRow{r.ID, string(r.Client)}); err != nil {
				return err
			}
			after = string(r.ID)
		}
	}
}

// contractRow finds one contract.
func (kp *Keeper) contractRow(ctx context.Context, id choke.ContractID) (ContractRow, error) {
	var c ContractRow
	err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.Contract(ctx, id)
		c = ContractRow{id, string(row.Client)}
		return err
	})
	if choke.IsNoRows(err) {
		return c, choke.ErrNotFound
	}
	return c, choke.Unavailable(err)
}
