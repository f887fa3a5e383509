package database_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

var errFn = errors.New("fn's own error")

func TestInTxUndoesOnError(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if err := organisation(ctx, tx, "o_1", "client"); err != nil {
				return err
			}
			return errFn
		})
		if err != errFn {
			t.Errorf("InTx: %v, want fn's own error as it is", err)
		}
		if n := count(t, db, "organisation"); n != 0 {
			t.Errorf("%d organisations kept", n)
		}
	})
}

func TestInTxUndoesOnPanic(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
				if err := organisation(ctx, tx, "o_1", "client"); err != nil {
					t.Error(err)
				}
				panic("broken invariant")
			})
		}()
		insertOrganisation(t, db, "o_2") // the connection is free again
		if n := count(t, db, "organisation"); n != 1 {
			t.Errorf("%d organisations, want only the second", n)
		}
	})
}

func TestNoRowsPassesThrough(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		look := func(ctx context.Context, tx *database.Tx) error {
			_, err := tx.Batch(ctx, "b_none")
			return err
		}
		if err := db.InTx(t.Context(), look); !errors.Is(err, sql.ErrNoRows) || errors.Is(err, database.ErrUnavailable) {
			t.Errorf("InTx: %v", err)
		}
		if err := db.View(t.Context(), look); !errors.Is(err, sql.ErrNoRows) || errors.Is(err, database.ErrUnavailable) {
			t.Errorf("View: %v", err)
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		err := db.View(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			return organisation(ctx, tx, "o_1", "client")
		})
		if err == nil || count(t, db, "organisation") != 0 {
			t.Errorf("View wrote: %v", err)
		}
	})
}

// A view sees one state, even if another transaction commits in the middle of it. Queries
// with row locks work in it.
func TestViewSeesOneState(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		err := db.View(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			before, err := tx.ContractStatus(ctx, "c_1")
			if err != nil {
				return err
			}
			changeStatus(t, db, "cs_2", "suspended")
			after, err := tx.ContractStatus(ctx, "c_1")
			if after.Status != before.Status {
				t.Errorf("the status went from %q to %q within a view", before.Status, after.Status)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The transaction of a caller who left before the commit is not committed.
func TestACancelledTransactionIsNotCommitted(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			defer cancel()
			return organisation(ctx, tx, "o_1", "client")
		})
		if !errors.Is(err, context.Canceled) || errors.Is(err, database.ErrUnavailable) {
			t.Errorf("InTx: %v", err)
		}
		if n := count(t, db, "organisation"); n != 0 {
			t.Errorf("%d organisations kept", n)
		}
	})
}

// If two transactions lock two rows crosswise, PostgreSQL undoes one of them. It runs
// again, and both succeed.
func TestInTxRunsAgainAfterDeadlock(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	fill(t, db)
	write(t, db, func(ctx context.Context, tx *database.Tx) error { return batch(ctx, tx, "b_2", 100) })

	bothHold := rendezvous(2)
	crosswise := func(first, second string) error {
		runs := 0
		return db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if err := tx.SetManifest(ctx, queries.SetManifestParams{ID: policy.BatchID(first), Manifest: second}); err != nil {
				return err
			}
			if runs++; runs == 1 {
				bothHold()
			}
			return tx.SetManifest(ctx, queries.SetManifestParams{ID: policy.BatchID(second), Manifest: first})
		})
	}
	other := make(chan error)
	go func() { other <- crosswise("b_2", "b_1") }()
	if err := crosswise("b_1", "b_2"); err != nil {
		t.Error(err)
	}
	if err := <-other; err != nil {
		t.Error(err)
	}
}

// If another transaction took a key between read and insert, fn runs again and finds it.
func TestInTxRunsAgainAfterLosingAKey(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	found, runs := false, 0
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		runs++
		_, err := tx.Organisation(ctx, "o_1")
		if found = err == nil; found || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		insertOrganisation(t, db, "o_1")
		return organisation(ctx, tx, "o_1", "client")
	})
	if err != nil || !found || runs != 2 {
		t.Errorf("found %v after %d runs: %v", found, runs, err)
	}
}

// A transaction that always loses ends, and its error says that it can be tried again.
func TestInTxEndsAfterSomeAttempts(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	runs := 0
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		runs++
		_, err := tx.SQL.ExecContext(ctx, "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$")
		return err
	})
	if !errors.Is(err, database.ErrUnavailable) || runs != 10 {
		t.Errorf("after %d runs: %v", runs, err)
	}
}

func changeStatus(t *testing.T, db *database.DB, id, status string) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *database.Tx) error { return nextStatus(ctx, tx, id, status) })
}

func nextStatus(ctx context.Context, tx *database.Tx, id, status string) error {
	now, err := tx.ContractStatusForChange(ctx, "c_1")
	if err != nil {
		return err
	}
	if _, err := tx.EndContractStatus(ctx, queries.EndContractStatusParams{ID: now.ID, ValidUntil: now.ValidFrom + 1}); err != nil {
		return err
	}
	return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: id, Contract: "c_1", Status: policy.ContractStatus(status),
		ValidFrom: now.ValidFrom + 1})
}
