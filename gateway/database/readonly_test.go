package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// A database that is opened for reading cannot be written, and is not made.
func TestOpenReadOnlyWritesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	dsn := databasetest.PostgreSQLDSN(t)
	separator := " "
	if strings.Contains(dsn, "://") {
		separator = "?"
		if strings.Contains(dsn, "?") {
			separator = "&"
		}
	}
	for name, c := range map[string]database.Config{
		"sqlite":                    {SQLite: file},
		"postgresql":                {PostgreSQL: dsn},
		"postgresql that may write": {PostgreSQL: dsn + separator + "default_transaction_read_only=off"},
	} {
		t.Run(name, func(t *testing.T) {
			db := databasetest.Open(t, database.Config{SQLite: c.SQLite, PostgreSQL: c.PostgreSQL})
			if _, err := db.Writer().ExecContext(t.Context(), `CREATE TABLE IF NOT EXISTS readonly_test (n bigint)`); err != nil {
				t.Fatal(err)
			}
			pool, err := database.OpenReadOnly(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			var n int64
			if err := pool.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM readonly_test`).Scan(&n); err != nil {
				t.Error(err)
			}
			if _, err := pool.ExecContext(t.Context(), `INSERT INTO readonly_test (n) VALUES (1)`); err == nil {
				t.Error("wrote")
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "missing.db")
	if pool, err := database.OpenReadOnly(t.Context(), database.Config{SQLite: missing}); err == nil {
		pool.Close()
		t.Error("opened a file that is not there")
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("made a file")
	}
	if _, err := database.OpenReadOnly(t.Context(), database.Config{}); err == nil {
		t.Error("opened nothing")
	}
}
