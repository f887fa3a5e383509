package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Progress is told how far a long operation has come: done of total.
type Progress func(done, total int64)

func (p Progress) tell(done, total int64) {
	if p != nil {
		p(done, total)
	}
}

// localEvent is an act of whoever holds the machine. They have the root key and could do it without us; doing it through
// the gateway leaves it in the ledger, as one of nobody's in particular.
func (g *Gateway) localEvent(action policy.Action) event.Event {
	return event.Event{ID: event.NewID(), Occurred: g.now(), Phase: event.PhaseState, Action: event.Action(action),
		Actor: system, Auth: "local", Outcome: event.OutcomeAllow, Reason: "local", Private: map[string]string{}}
}

// keyEvent is a local act on a contract's key.
func (g *Gateway) keyEvent(action policy.Action, contract ContractID, epoch int64) event.Event {
	e := g.localEvent(action)
	e.Contract, e.Private["epoch"] = string(contract), fmt.Sprint(epoch)
	return e
}

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
		err := g.db.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			rows, err = tx.ContractsByID(ctx, queries.ContractsByIDParams{After: after, Limit: 500})
			return err
		})
		if err != nil {
			return g.unavailable(fmt.Errorf("listing contracts: %w", err))
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
	err := g.db.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.Contract(ctx, string(id))
		c = contractRow{id, row.Client}
		return err
	})
	if isNoRows(err) {
		return c, ErrNotFound
	}
	return c, g.unavailable(err)
}
