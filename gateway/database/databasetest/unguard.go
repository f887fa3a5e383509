package databasetest

import (
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
)

// Unguard takes away the triggers that keep the ledger's events from being changed, as whoever owns the tables can, for
// tests that do what such a person might.
func Unguard(t testing.TB, db *database.DB) {
	t.Helper()
	statements := []string{`ALTER TABLE audit_event DISABLE TRIGGER USER`}
	if !db.PostgreSQL() {
		statements = nil
		rows, err := db.Writer().QueryContext(t.Context(), `SELECT 'DROP TRIGGER ' || name FROM sqlite_master
			WHERE type = 'trigger' AND tbl_name = 'audit_event'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var statement string
			if err := rows.Scan(&statement); err != nil {
				t.Fatal(err)
			}
			statements = append(statements, statement)
		}
		rows.Close()
	}
	for _, statement := range statements {
		if _, err := db.Writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
