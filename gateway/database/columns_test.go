package database_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// A table that a newer build made is found too, so that this build does not take the
// objects of its rows for orphans.
func TestColumnsOfATableOfANewerBuildAreFound(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		if _, err := db.Writer().ExecContext(t.Context(), "CREATE TABLE later (id text, receipt_key text)"); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string][]string{
			"receipt_key": {"later.receipt_key"},
			"sent_by":     {"document.sent_by"},
			"nowhere":     nil,
		} {
			got, err := db.Columns(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("columns %s (-want +got):\n%s", name, diff)
			}
		}
	})
}
