package audit_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// Rows from before the columns existed are found by every question after the migration, and what had not ended is known.
func TestOldRowsAreDerivedAgain(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := told(t, db)
		before := rowsOf(t, ledger)
		forget := func(statement string) {
			t.Helper()
			if _, err := db.Writer().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		open := func() (events []string) {
			t.Helper()
			rows, err := db.Reader().QueryContext(t.Context(), `SELECT event FROM audit_open ORDER BY ledger, seq`)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var id string
				if err := rows.Scan(&id); err != nil {
					t.Fatal(err)
				}
				events = append(events, id)
			}
			return events
		}
		left := open()
		databasetest.Unguard(t, db)
		forget(`UPDATE audit_event SET phase = NULL, kind = NULL, organisation = NULL, role = NULL, site = NULL, country = NULL, bytes = NULL`)
		forget(`DELETE FROM audit_open`)
		migrate(t, db)
		if diff := cmp.Diff(before, rowsOf(t, ledger)); diff != "" {
			t.Errorf("-before +after:\n%s", diff)
		}
		if diff := cmp.Diff(left, open()); diff != "" || len(left) != 1 {
			t.Errorf("open accesses, -before +after:\n%s", diff)
		}

		forget(`UPDATE audit_event SET phase = NULL, leaf = (SELECT leaf FROM audit_event WHERE seq = 3) WHERE seq = 2`)
		if err := audit.Migrate(t.Context(), db.Writer(), db.PostgreSQL()); !errors.Is(err, audit.ErrTampered) {
			t.Errorf("a leaf in another's place: %v", err)
		}
	})
}

func rowsOf(t *testing.T, ledger *audit.Ledger) []audit.Row {
	t.Helper()
	var rows []audit.Row
	for row, err := range ledger.Copy(t.Context(), client(1)) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Phase == "" || row.Kind == event.Kind("") {
			t.Errorf("event %d has no phase or kind", row.Seq)
		}
		rows = append(rows, row)
	}
	return rows
}
