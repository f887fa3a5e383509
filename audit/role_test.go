package audit_test

import (
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// A role with the rights of the handbook can do everything that the ledger does. It
// cannot change an event or an index row, even without the triggers.
func TestTheHandbooksRole(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	db := databasetest.Open(t, database.Config{PostgreSQL: dsn})
	migrate(t, db)
	role := "app_" + strings.ToLower(rand.Text())
	grants, _, _ := strings.Cut(handbook(t, "Retention")[strings.Index(handbook(t, "Retention"), "    GRANT"):], "\n\n")
	for _, statement := range append([]string{`CREATE ROLE ` + role + ` LOGIN`}, strings.Split(strings.ReplaceAll(grants, "bordereau_app", role), ";")...) {
		if _, err := db.Writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	t.Cleanup(func() {
		for _, statement := range []string{`DROP OWNED BY ` + role, `DROP ROLE ` + role} {
			if _, err := db.Writer().Exec(statement); err != nil {
				t.Error(err)
			}
		}
	})
	databasetest.DropTriggers(t, db)

	app := asRole(t, dsn, role)
	c := config(db)
	c.Writer, c.Reader = app, app
	ledger := open(t, c)
	defer start(t, ledger)()
	const events = 2*64 + 3
	for n := range events - 1 {
		if _, err := stage(t.Context(), ledger, app, client(1), read(n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ledger.Append(t.Context(), client(1), read(events-1)); err != nil {
		t.Fatal(err)
	}
	if blocks, err := (audit.Copier{Database: app}).Indexed(t.Context(), client(1)); err != nil || blocks != 2 {
		t.Errorf("%d blocks are indexed, %v", blocks, err)
	}
	if err := audit.Migrate(t.Context(), app, true); err != nil {
		t.Errorf("starting again with nothing to migrate: %v", err)
	}
	tx, err := app.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	done, err := ledger.ErasePrivate(t.Context(), tx, audit.PrivateErasure{Ledger: client(1), Before: time.Now().Add(time.Hour), Due: everything})
	if err != nil || done.Erased != events {
		t.Errorf("erasing: %+v, %v", done, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`UPDATE audit_event SET actor = 'p_nobody'`, `UPDATE audit_event SET leaf = leaf`, `DELETE FROM audit_event`,
		`TRUNCATE audit_event`, `ALTER TABLE audit_event DISABLE TRIGGER USER`, `UPDATE audit_index SET bits = bits`, `DELETE FROM audit_index`,
		`TRUNCATE audit_index`, `ALTER TABLE audit_index DISABLE TRIGGER USER`} {
		if _, err := app.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("allowed: %s", statement)
		}
	}
	verified(t, ledger, client(1))
}

// asRole connects to the same database as another user.
func asRole(t *testing.T, dsn, role string) *sql.DB {
	t.Helper()
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c.User = role
	pool := stdlib.OpenDB(*c)
	t.Cleanup(func() { pool.Close() })
	if err := pool.PingContext(t.Context()); err != nil {
		needs.Missing(t, "a PostgreSQL server that lets a new role in without a password")
	}
	return pool
}
