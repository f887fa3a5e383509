package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// contractRow is a contract as the keeping of keys needs it.
type contractRow struct {
	id     ContractID
	ledger string // its client's
}

// eachContract calls f for every contract, by id, outside any transaction.
func (g *Gateway) eachContract(ctx context.Context, f func(contractRow) error) error {
	after := ""
	for {
		var rows []queries.ContractsByIDRow
		err := g.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			rows, err = tx.ContractsByID(ctx, queries.ContractsByIDParams{After: after, Limit: 500})
			return err
		})
		if err != nil {
			return choke.Unavailable(fmt.Errorf("listing contracts: %w", err))
		}
		if len(rows) == 0 {
			return nil
		}
		for _, r := range rows {
			if err := f(contractRow{ContractID(r.ID), r.Client}); err != nil {
				return err
			}
			after = r.ID
		}
	}
}

// contractRow finds one contract.
func (g *Gateway) contractRow(ctx context.Context, id ContractID) (contractRow, error) {
	var c contractRow
	err := g.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.Contract(ctx, string(id))
		c = contractRow{id, row.Client}
		return err
	})
	if choke.IsNoRows(err) {
		return c, ErrNotFound
	}
	return c, choke.Unavailable(err)
}
