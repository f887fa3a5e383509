package databasetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// The migrations run once for the test process, and each test gets a copy of what they
// made. They take longer than most tests, above all under the race detector.

// migratedFile is the path of a migrated SQLite file of the test's own.
func migratedFile(t testing.TB) string {
	t.Helper()
	content, err := sqliteFile()
	if err != nil {
		t.Fatal("making a migrated file: ", err)
	}
	path := filepath.Join(t.TempDir(), "bordereau.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sqliteFile is the content of a migrated file.
var sqliteFile = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "bordereau-migrated-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "bordereau.db")
	if err := migrate(database.Config{SQLite: path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closing has put all of the write-ahead log into it
})

// migratedDSN is the connection string of a migrated database of the test's own. It is a
// copy on the server of this process. A server from elsewhere keeps nothing to copy from.
func migratedDSN(t testing.TB) string {
	t.Helper()
	needs.Parallel(t)
	if dsn := os.Getenv("BORDEREAU_TEST_POSTGRES"); dsn != "" {
		dsn = newDatabase(t, dsn, "")
		if err := migrate(database.Config{PostgreSQL: dsn}); err != nil {
			t.Fatal(err)
		}
		return dsn
	}
	server := sharedServer(t).dsn()
	return newDatabase(t, server, " TEMPLATE "+template(t, server))
}

// template is the name of the database that is copied.
func template(t testing.TB, server string) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.migrated == "" {
		const name = "migrated"
		if err := execute(server, "CREATE DATABASE "+name); err != nil {
			t.Fatal("creating database: ", err)
		}
		if err := migrate(database.Config{PostgreSQL: inDatabase(server, name)}); err != nil {
			t.Fatal("making a migrated database: ", err)
		}
		shared.migrated = name
	}
	return shared.migrated
}

func migrate(config database.Config) error {
	db, err := database.Open(context.Background(), config)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Migrate(context.Background())
}
