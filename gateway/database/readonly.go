package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// OpenReadOnly opens a database for reading alone. It neither makes nor migrates it, and
// its sessions cannot write. It is for programs that look into another installation's
// database.
func OpenReadOnly(ctx context.Context, c Config) (*sql.DB, error) {
	if (c.SQLite == "") == (c.PostgreSQL == "") {
		return nil, errors.New("opening database: exactly one of SQLite and PostgreSQL must be named")
	}
	open := openReadOnlySQLite
	name := c.SQLite
	if c.PostgreSQL != "" {
		open, name = openReadOnlyPostgreSQL, c.PostgreSQL
	}
	pool, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening database: %w", classify(ctx, err))
	}
	return pool, nil
}

func openReadOnlySQLite(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding SQLite file: %w", err)
	}
	return sql.Open("sqlite", sqliteDSN(path, url.Values{"mode": {"ro"}, "_query_only": {"on"}}))
}

func openReadOnlyPostgreSQL(dsn string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("parsing PostgreSQL connection string: %w", err)
	}
	setDefaults(config.RuntimeParams, sessionDefaults)
	config.RuntimeParams["default_transaction_read_only"] = "on" // even if the connection string sets it
	return openPool(config, 1, patience), nil
}
