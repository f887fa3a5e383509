package database_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// add inserts an organisation with the id.
func add(ctx context.Context, tx *database.Tx, id string) error {
	return tx.InsertOrganisation(ctx, queries.InsertOrganisationParams{ID: policy.OrganisationID(id), Kind: "client", Name: id, Country: "FR"})
}

// has says whether there is an organisation with the id.
func has(t *testing.T, db *database.DB, id string) bool {
	t.Helper()
	var n int
	if err := db.Reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM organisation WHERE id = $1", id).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n == 1
}

// busy holds SQLite's one writer in a transaction until release is called. Transactions
// that come meanwhile share its commit.
func busy(t *testing.T, db *database.DB) (release func() error) {
	t.Helper()
	began, let, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.InTx(context.Background(), func(ctx context.Context, tx *database.Tx) error {
			close(began)
			<-let
			return add(ctx, tx, "first")
		})
	}()
	<-began
	return sync.OnceValue(func() error { close(let); return <-done })
}

func TestTransactionsOfOneCommitAreSeparate(t *testing.T) {
	db := databasetest.SQLite(t)
	release := busy(t, db)
	refused := errors.New("refused")
	results := make([]error, 60)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					results[i] = fmt.Errorf("recovered: %v", v)
				}
			}()
			results[i] = db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
				if err := add(ctx, tx, fmt.Sprint("o", i)); err != nil {
					return err
				}
				switch i % 3 {
				case 1:
					return refused
				case 2:
					panic("broken invariant")
				}
				return nil
			})
		})
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	for i, err := range results {
		good := i%3 == 0 && err == nil || i%3 == 1 && errors.Is(err, refused) || i%3 == 2 && err != nil && err.Error() == "recovered: broken invariant"
		if !good {
			t.Errorf("transaction %d ended with %v", i, err)
		}
		if stored := has(t, db, fmt.Sprint("o", i)); stored != (i%3 == 0) {
			t.Errorf("transaction %d: stored: %v", i, stored)
		}
	}
	if !has(t, db, "first") {
		t.Error("the first of the group is missing")
	}
}

func TestACallerWhoLeavesBeforehandChangesNothing(t *testing.T) {
	db := databasetest.SQLite(t)
	release := busy(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error { return add(ctx, tx, "gone") })
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) { // while the writer is still busy
		t.Errorf("got %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if has(t, db, "gone") {
		t.Error("it was stored all the same")
	}
}

func TestACallerWhoLeavesMeanwhileChangesNothing(t *testing.T) {
	db := databasetest.SQLite(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTx(ctx, func(inner context.Context, tx *database.Tx) error {
		cancel()
		return add(inner, tx, "gone") // the statement itself goes through: others may share the transaction
	})
	if !errors.Is(err, context.Canceled) || has(t, db, "gone") {
		t.Errorf("got %v, stored: %v", err, has(t, db, "gone"))
	}
}

// If the database itself undoes a transaction, the work of all callers in it is lost, and
// each of them gets an error.
func TestATransactionUndoneByTheDatabaseFailsForAll(t *testing.T) {
	db := databasetest.SQLite(t)
	release := busy(t, db)
	var all sync.WaitGroup
	results := map[string]*error{}
	try := func(id string, fn func(ctx context.Context, tx *database.Tx) error) {
		result := new(error)
		results[id] = result
		all.Go(func() { *result = db.InTx(t.Context(), fn) })
	}
	for i := range 20 {
		id := fmt.Sprint("o", i)
		try(id, func(ctx context.Context, tx *database.Tx) error { return add(ctx, tx, id) })
		if i == 10 {
			try("undone", func(ctx context.Context, tx *database.Tx) error {
				_, err := tx.SQL.ExecContext(ctx, "ROLLBACK") // as SQLite does when the disk is full
				return err
			})
		}
	}
	first := release()
	results["first"] = &first
	all.Wait()
	for id, result := range results {
		if stored := has(t, db, id); stored != (*result == nil) || *result != nil && !errors.Is(*result, database.ErrUnavailable) {
			t.Errorf("%s: stored: %v, answered: %v", id, stored, *result)
		}
	}
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error { return add(ctx, tx, "next") }); err != nil || !has(t, db, "next") {
		t.Errorf("the next transaction: %v", err)
	}
}

// SQLite undoes the whole transaction of a statement that is interrupted. A caller who
// leaves must not do that to the others.
func TestACallerWhoLeavesDuringAStatementUndoesNoOther(t *testing.T) {
	db := databasetest.SQLite(t)
	release := busy(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}), make(chan error)
	go func() {
		ended <- db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			close(started)
			_, err := tx.SQL.ExecContext(ctx, `INSERT INTO organisation (id, kind, name, country, created)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
				SELECT 'gone-' || i, 'client', 'gone-' || i, 'FR', 0 FROM n`)
			return err
		})
	}()
	go func() { <-started; cancel() }()
	if err := release(); err != nil || !has(t, db, "first") {
		t.Errorf("the other one: %v, stored: %v", err, has(t, db, "first"))
	}
	if err := <-ended; !errors.Is(err, context.Canceled) || has(t, db, "gone-1") {
		t.Errorf("got %v, stored: %v", err, has(t, db, "gone-1"))
	}
}

func TestATransactionThatEndsItsGoroutineBlocksNoOther(t *testing.T) {
	db := databasetest.SQLite(t)
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		if err := add(ctx, tx, "gone"); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	if !errors.Is(err, database.ErrUnavailable) || has(t, db, "gone") {
		t.Errorf("got %v, stored: %v", err, has(t, db, "gone"))
	}
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error { return add(ctx, tx, "next") }); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}
