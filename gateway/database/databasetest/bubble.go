package databasetest

import (
	"testing"
	"testing/synctest"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// EachInBubble is Each in a bubble of package synctest: time passes there only when all
// goroutines wait for it and none waits for the database. So a test of long waits is
// quick, and a process that is only slow is not taken for a dead one.
func EachInBubble(t *testing.T, f func(t *testing.T, db *database.DB)) {
	t.Helper()
	needs.Parallel(t)
	for name, config := range map[string]func(testing.TB) database.Config{
		"sqlite": func(t testing.TB) database.Config {
			return database.Config{SQLite: migratedFile(t)}
		},
		"postgresql": func(t testing.TB) database.Config { return database.Config{PostgreSQL: migratedDSN(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			needs.Siblings(t)
			c := config(t)
			synctest.Test(t, func(t *testing.T) { f(t, open(t, c)) })
		})
	}
}
