package audit_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/schema"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// The writer's and the verifier's lists of repeated columns are equal. A column of only
// one of them would not be verified.
func TestTheVerifierKnowsEveryColumn(t *testing.T) {
	ours := map[string]int64{"time": 0, "bytes": 0}
	for _, c := range schema.Columns {
		ours[c.Name] = int64(c.Field)
	}
	if diff := cmp.Diff(ours, verify.Fields()); diff != "" {
		t.Errorf("-writer +verifier:\n%s", diff)
	}
	if len(ours) != len(schema.Columns)+2 {
		t.Error("a column is listed twice")
	}
}

// The table has exactly the columns of the list, beside those that are no copies of
// texts. The columns of optional fields may be NULL.
func TestTheTableHasEveryColumn(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		want := map[string]bool{"ledger": false, "seq": false, "ts": false, "bytes": false, "leaf": false, "priv": true, "priv_salt": true}
		for _, c := range schema.Columns {
			want[c.Name] = c.Optional
		}
		got := nullable(t, db)
		if !maps.Equal(want, got) {
			t.Errorf("-list +table:\n%s", cmp.Diff(want, got))
		}
	})
}

// nullable are the columns of audit_event, and whether each may be NULL.
func nullable(t *testing.T, db *database.DB) map[string]bool {
	t.Helper()
	query := `SELECT name, "notnull" = 0 FROM pragma_table_info('audit_event')`
	if db.PostgreSQL() {
		query = `SELECT column_name, is_nullable = 'YES' FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = 'audit_event'`
	}
	rows, err := db.Reader().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns := map[string]bool{}
	for rows.Next() {
		var name string
		var null bool
		if err := rows.Scan(&name, &null); err != nil {
			t.Fatal(err)
		}
		columns[name] = null
	}
	return columns
}
