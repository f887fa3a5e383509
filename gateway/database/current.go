package database

import (
	"context"
	"database/sql"
	"errors"

	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// A change of a status or state ends its row and inserts the next one. On PostgreSQL a
// reader that waited for the lock of the ended row finds that the row no longer matches,
// while its statement is too old to see the new row. It gets no row, although there
// always is a current one. The methods here then read again, with a new statement that
// sees the commit. They hide the generated methods of the same name.

// readsOfCurrent bounds how many changes in a row a reader may meet.
const readsOfCurrent = 5

func current[T any](read func() (T, error)) (row T, err error) {
	for range readsOfCurrent {
		row, err = read()
		if !errors.Is(err, sql.ErrNoRows) {
			break
		}
	}
	return row, err
}

// ContractStatus is the contract's current status, locked until the transaction ends.
func (tx *Tx) ContractStatus(ctx context.Context, contract policy.ContractID) (queries.ContractStatus, error) {
	return current(func() (queries.ContractStatus, error) {
		return tx.Queries.ContractStatus(ctx, contract)
	})
}

// ContractStatusForChange is ContractStatus for a transaction that is going to change it.
func (tx *Tx) ContractStatusForChange(ctx context.Context, contract policy.ContractID) (queries.ContractStatus, error) {
	return current(func() (queries.ContractStatus, error) {
		return tx.Queries.ContractStatusForChange(ctx, contract)
	})
}

// BatchState is the batch's current state, locked until the transaction ends.
func (tx *Tx) BatchState(ctx context.Context, batch policy.BatchID) (queries.BatchState, error) {
	return current(func() (queries.BatchState, error) { return tx.Queries.BatchState(ctx, batch) })
}

// BatchStateForChange is BatchState for a transaction that is going to change it.
func (tx *Tx) BatchStateForChange(ctx context.Context, batch policy.BatchID) (queries.BatchState, error) {
	return current(func() (queries.BatchState, error) { return tx.Queries.BatchStateForChange(ctx, batch) })
}
