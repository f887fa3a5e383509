package databasetest

import (
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
)

// DropTriggers takes away the triggers that keep the ledger's events and their index from
// being changed. The owner of the tables can do that, so tests do it too.
func DropTriggers(t testing.TB, db *database.DB) {
	t.Helper()
	dropTriggers(t, db)
}

// WithTriggersDown calls do without these triggers, and puts them back. A restore works
// like that.
func WithTriggersDown(t testing.TB, db *database.DB, do func()) {
	t.Helper()
	back := dropTriggers(t, db)
	do()
	run(t, db, back)
}

// dropTriggers returns the statements that put the triggers back.
func dropTriggers(t testing.TB, db *database.DB) (back []string) {
	t.Helper()
	if db.PostgreSQL() {
		run(t, db, []string{`ALTER TABLE audit_event DISABLE TRIGGER USER`, `ALTER TABLE audit_index DISABLE TRIGGER USER`})
		return []string{`ALTER TABLE audit_event ENABLE TRIGGER USER`, `ALTER TABLE audit_index ENABLE TRIGGER USER`}
	}
	rows, err := db.Writer().QueryContext(t.Context(), `SELECT 'DROP TRIGGER ' || name, sql FROM sqlite_master
		WHERE type = 'trigger' AND tbl_name IN ('audit_event', 'audit_index')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var drop []string
	for rows.Next() {
		var off, on string
		if err := rows.Scan(&off, &on); err != nil {
			t.Fatal(err)
		}
		drop, back = append(drop, off), append(back, on)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, db, drop)
	return back
}

func run(t testing.TB, db *database.DB, statements []string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
