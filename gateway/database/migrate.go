package database

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is where goose notes which migrations ran. Other rooms that keep tables in
// the same database have a table of their own for this.
const versionTable = "gateway_migration"

// migrationPatience bounds a statement of a migration, which may write a table anew.
const migrationPatience = 24 * time.Hour

// migrationLock is the advisory lock for which replicas queue when they start together,
// so that one migrates and the others find it done.
const migrationLock = 0x626f7264 // "bord"

// firstSchema is the number of the oldest schema that this build goes on from.
const firstSchema = 105

// Migrate brings the tables to the state that this build needs. It is safe to call at
// every start, also by several replicas at once on PostgreSQL. It refuses a database
// whose schema is older than firstSchema, because no statement leads from there to here.
// It refuses nothing that is newer: an older build runs on a newer database as long as
// its statements do.
func (db *DB) Migrate(ctx context.Context) error {
	pool, dialect, options, err := db.migrationPool()
	if err != nil {
		return fmt.Errorf("migrating database: %w", err)
	}
	if pool != db.writer {
		defer pool.Close()
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrating database: %w", err)
	}
	options = append(options, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(db.log))
	provider, err := goose.NewProvider(dialect, pool, files, options...)
	if err != nil {
		return fmt.Errorf("migrating database: %w", err)
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrating database: %w", classify(ctx, err))
	}
	if version > 0 && version < firstSchema {
		return fmt.Errorf("migrating database: it has schema %d of a build from before the first release, and this build "+
			"begins with schema %d: open it with the build that made it, or configure an empty database", version, firstSchema)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating database: %w", classify(ctx, err))
	}
	return nil
}

// migrationPool is the writer on SQLite. On PostgreSQL it is a pool of its own, without
// the time limits of ordinary statements, because an index on a large table takes long to
// build.
func (db *DB) migrationPool() (*sql.DB, goose.Dialect, []goose.ProviderOption, error) {
	if !db.postgresql {
		return db.writer, goose.DialectSQLite3, nil, nil
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock), lock.WithLockTimeout(1, 600))
	if err != nil {
		return nil, "", nil, err
	}
	config, err := pgx.ParseConfig(db.dsn)
	if err != nil {
		return nil, "", nil, err
	}
	return openPool(config, 2, migrationPatience), goose.DialectPostgres, []goose.ProviderOption{goose.WithSessionLocker(locker)}, nil
}
