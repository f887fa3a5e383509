package databasetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// shared is the process's one server. It is the only object here that outlives a test: to
// start a server takes a second, to make a database a few hundredths of one.
var shared struct {
	sync.Mutex
	server   *Server
	migrated string // the database of which migratedDSN makes copies
}

// PostgreSQLDSN is the connection string of a new, empty database, which is dropped when
// the test ends.
func PostgreSQLDSN(t testing.TB) string {
	t.Helper()
	needs.Parallel(t)
	if dsn := os.Getenv("BORDEREAU_TEST_POSTGRES"); dsn != "" {
		return newDatabase(t, dsn, "")
	}
	return newDatabase(t, sharedServer(t).dsn(), "")
}

func sharedServer(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = startServer(t)
	}
	return shared.server
}

// newDatabase is createDatabase for a server that outlives the test: the database is
// dropped when the test ends.
func newDatabase(t testing.TB, server, options string) string {
	t.Helper()
	dsn := createDatabase(t, server, options)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+config.Database+" WITH (FORCE)"); err != nil {
			t.Error("dropping database: ", err)
		}
	})
	return dsn
}

// createDatabase makes a database on the server and returns how to connect to it.
func createDatabase(t testing.TB, server, options string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	if err := execute(server, "CREATE DATABASE "+name+options); err != nil {
		t.Fatal("creating database: ", err)
	}
	return inDatabase(server, name)
}

// inDatabase is the connection string with another database in it.
func inDatabase(dsn, name string) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.Path = "/" + name
		return u.String()
	}
	return dsn + " dbname=" + name // the last one counts
}

// execute runs one statement on a connection of its own.
func execute(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}
