package database_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

func TestOpenNeedsExactlyOneEngine(t *testing.T) {
	for _, config := range []database.Config{{}, {SQLite: "a.db", PostgreSQL: "host=nowhere"}} {
		if _, err := database.Open(t.Context(), config); err == nil {
			t.Errorf("Open(%+v) opened something", config)
		}
	}
}

func TestOpenDoesNotRepeatThePassword(t *testing.T) {
	_, err := database.Open(t.Context(), database.Config{PostgreSQL: "postgres://u:hunter2@h:notaport/db"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Open: %v", err)
	}
}

// A path may hold any characters, and only its owner can read the file.
func TestASQLiteFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "50% off? #1 é.db")
	db := databasetest.Open(t, database.Config{SQLite: path})
	insertOrganisation(t, db, "o_1")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%q has mode %o", info.Name(), mode)
		}
	}
}

func TestSQLiteFolderMissing(t *testing.T) {
	_, err := database.Open(t.Context(), database.Config{SQLite: filepath.Join(t.TempDir(), "no", "such", "a.db")})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
}

// Durability and integrity rest on these settings. The test asks the connections for
// them.
func TestSQLiteSettings(t *testing.T) {
	db := databasetest.SQLite(t)
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000",
		"wal_autocheckpoint": "20000", "temp_store": "2", "query_only": "0",
	} {
		var got string
		if err := db.Writer().QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", pragma, got, want, err)
		}
	}
	if n := db.Writer().Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d writers", n)
	}
	if _, err := db.Reader().Exec("CREATE TABLE t (x text)"); err == nil {
		t.Error("a reader could write")
	}
}

func TestPostgreSQLSettings(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	if strings.Contains(dsn, "://") {
		needs.Missing(t, "BORDEREAU_TEST_POSTGRES is a URL, and this test adds a parameter to a keyword string")
	}
	db := databasetest.Open(t, database.Config{PostgreSQL: dsn + " lock_timeout=1234"})
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "transaction_isolation": "read committed",
		"statement_timeout": "30s", "idle_in_transaction_session_timeout": "1min",
		"lock_timeout": "1234ms", // the connection string wins
	} {
		var got string
		if err := db.Writer().QueryRow("SHOW " + setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", setting, got, want, err)
		}
	}
	if _, err := db.Reader().Exec("CREATE TABLE t (x text)"); err == nil {
		t.Error("a reader could write")
	}
}

func TestMigrateAgain(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		insertOrganisation(t, db, "o_1")
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, "organisation"); n != 1 {
			t.Errorf("%d organisations after the second migration", n)
		}
	})
}

// After a failed upgrade the older build must still start.
func TestMigrateOlderBuild(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		if _, err := db.Writer().Exec(
			"INSERT INTO gateway_migration (version_id, is_applied, tstamp) VALUES (99999, true, CURRENT_TIMESTAMP)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A database with an older schema than this build can migrate is refused, and left as it
// is.
func TestAnOlderSchemaIsRefused(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		if _, err := db.Writer().Exec("UPDATE gateway_migration SET version_id = 8 WHERE version_id <> 0"); err != nil {
			t.Fatal(err)
		}
		err := db.Migrate(t.Context())
		if err == nil || !strings.Contains(err.Error(), "schema 8") || !strings.Contains(err.Error(), "an empty database") {
			t.Errorf("migrated: %v", err)
		}
		if n := count(t, db, "gateway_migration WHERE version_id > 8"); n != 0 {
			t.Errorf("%d migrations ran", n)
		}
	})
}

// A schema that changes gets another number, so that databases of the one before are
// refused and not misread.
func TestASchemaOfItsNumber(t *testing.T) {
	const number, digest = "00105", "7e9736c96c0046cb"
	text, err := os.ReadFile("migrations/" + number + "_gateway.sql")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(text))[:16]; got != digest {
		t.Errorf("the schema is %s: raise its number in the file's name and in firstSchema, and note both here", got)
	}
}

// Of replicas that start together, one migrates, and the others find it done.
func TestMigrateTogether(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			db, err := database.Open(t.Context(), database.Config{PostgreSQL: dsn})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
}

// The migration down drops everything that the migration up made.
func TestMigrateDownAndUp(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		dialect := goose.DialectSQLite3
		if db.PostgreSQL() {
			dialect = goose.DialectPostgres
		}
		provider, err := goose.NewProvider(dialect, db.Writer(), os.DirFS("migrations"), goose.WithTableName("gateway_migration"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provider.DownTo(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		insertOrganisation(t, db, "o_1")
	})
}
