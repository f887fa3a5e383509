package audit_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// A database with an older schema is refused, and left as it is.
func TestAnOlderSchemaIsRefused(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		execute(t, db, `UPDATE audit_schema SET version_id = 51 WHERE version_id <> 0`)
		err := audit.Migrate(t.Context(), db.Writer(), db.PostgreSQL())
		if err == nil || !strings.Contains(err.Error(), "schema 51") || !strings.Contains(err.Error(), "an empty database") {
			t.Errorf("migrated: %v", err)
		}
		if n := count(t, db, `audit_schema WHERE version_id > 51`); n != 0 {
			t.Errorf("%d migrations ran", n)
		}
	})
}

// A schema that changes gets another number, so that databases with the former schema are
// refused and not misread.
func TestASchemaOfItsNumber(t *testing.T) {
	text, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	const number, digest = 101, "41900bd681ac2e4d"
	if got := fmt.Sprintf("%x", sha256.Sum256(text))[:16]; got != digest || audit.FirstSchema != number {
		t.Errorf("schema.sql is %s, number %d: raise the number in its first line, and note both here", got, audit.FirstSchema)
	}
}
