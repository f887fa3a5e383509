package database_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

const addSecond = "INSERT INTO organisation (id, kind, name, country, created) VALUES ('second', 'client', 'second', 'FR', 0)"

func addFirst(ctx context.Context, tx *database.Tx) error { return add(ctx, tx, "first") }

// The work at the end of a group is committed with it, and reported before any
// transaction of the group is answered.
func TestTheEndOfAGroupSharesItsCommit(t *testing.T) {
	db := databasetest.SQLite(t)
	var reported bool
	db.Finish(func(ctx context.Context, tx *sql.Tx) (func(), error) {
		_, err := tx.ExecContext(ctx, addSecond)
		return func() { reported = has(t, db, "first") && has(t, db, "second") }, err
	})
	if err := db.InTx(t.Context(), addFirst); err != nil {
		t.Fatal(err)
	}
	if !reported {
		t.Error("committed was not called after the commit and before the answer")
	}
}

func TestAFailureAtTheEndOfAGroupFailsNoTransaction(t *testing.T) {
	db := databasetest.SQLite(t)
	db.Finish(func(ctx context.Context, tx *sql.Tx) (func(), error) {
		if _, err := tx.ExecContext(ctx, addSecond); err != nil {
			t.Error(err)
		}
		return func() { t.Error("committed was called") }, errors.New("cannot")
	})
	if err := db.InTx(t.Context(), addFirst); err != nil {
		t.Errorf("the transaction ended with %v", err)
	}
	if !has(t, db, "first") || has(t, db, "second") {
		t.Errorf("stored: of the transaction %v, of what failed after it %v", has(t, db, "first"), has(t, db, "second"))
	}
}

func TestAFailedCommitIsNotReported(t *testing.T) {
	db := databasetest.SQLite(t)
	db.Finish(func(ctx context.Context, tx *sql.Tx) (func(), error) {
		_, err := tx.ExecContext(ctx, addSecond)
		return func() { t.Error("committed was called") }, err
	})
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		// A foreign key that matches no row, and is checked when the transaction commits.
		if _, err := tx.SQL.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
			return err
		}
		_, err := tx.SQL.ExecContext(ctx, `INSERT INTO person (id, organisation, name, valid_from, valid_until) VALUES ('p', 'nobody', 'x', 0, 1)`)
		return err
	})
	if err == nil || has(t, db, "second") {
		t.Errorf("the transaction ended with %v; stored at its end: %v", err, has(t, db, "second"))
	}
}
