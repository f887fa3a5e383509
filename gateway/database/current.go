package database

import (
	"context"
	"database/sql"
	"errors"

	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// A status or state changes by ending its row and inserting the next one. On PostgreSQL a reader that waited for the
// lock of the ended row finds that the row no longer matches, while its statement is too old to see the new one: it gets
// no row although there always is a current one. The methods here read again in that case, with a new statement that sees
// what was committed meanwhile. They stand in front of the generated ones of the same name.

// readsOfCurrent bounds how many changes in a row a reader may run into.
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

// ContractStatus is the contract's current status; it stays so until the transaction ends.
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

// BatchState is the batch's current state; it stays so until the transaction ends.
func (tx *Tx) BatchState(ctx context.Context, batch policy.BatchID) (queries.BatchState, error) {
	return current(func() (queries.BatchState, error) { return tx.Queries.BatchState(ctx, batch) })
}

// BatchStateForChange is BatchState for a transaction that is going to change it.
func (tx *Tx) BatchStateForChange(ctx context.Context, batch policy.BatchID) (queries.BatchState, error) {
	return current(func() (queries.BatchState, error) { return tx.Queries.BatchStateForChange(ctx, batch) })
}
