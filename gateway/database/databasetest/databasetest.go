package databasetest

import (
	"context"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// Each runs f as a subtest on SQLite and as one on PostgreSQL, beside each other and
// beside other tests. They end when the test ends, which is after Each returns.
func Each(t *testing.T, f func(t *testing.T, db *database.DB)) {
	t.Helper()
	needs.Parallel(t)
	t.Run("sqlite", func(t *testing.T) {
		needs.Siblings(t)
		f(t, SQLite(t))
	})
	t.Run("postgresql", func(t *testing.T) {
		needs.Siblings(t)
		f(t, PostgreSQL(t))
	})
}

// EachInTurn is Each for subtests that share an object such as a bucket. It runs one
// after the other.
func EachInTurn(t *testing.T, f func(t *testing.T, db *database.DB)) {
	t.Helper()
	needs.Parallel(t)
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgresql", func(t *testing.T) { f(t, PostgreSQL(t)) })
}

// SQLite is a migrated database in a file of the test's own.
func SQLite(t testing.TB) *database.DB {
	t.Helper()
	needs.Parallel(t)
	return open(t, database.Config{SQLite: migratedFile(t)})
}

// PostgreSQL is a migrated database of the test's own on the process's server.
func PostgreSQL(t testing.TB) *database.DB {
	t.Helper()
	return open(t, database.Config{PostgreSQL: migratedDSN(t)})
}

// Open opens and migrates a database, and closes it when the test ends.
func Open(t testing.TB, config database.Config) *database.DB {
	t.Helper()
	db := open(t, config)
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

func open(t testing.TB, config database.Config) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
