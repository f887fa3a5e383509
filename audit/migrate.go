package audit

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaTable is where goose notes which migrations have run: the ledger's own table, because the ledger's schema and
// the product's move on separately.
const schemaTable = "audit_schema"

// migrationLock keeps replicas that start together from migrating together (PostgreSQL).
const migrationLock = 0x626f7264617564 // "bordaud"

// Migrate brings the ledger's tables up to date.
func Migrate(ctx context.Context, db *sql.DB, postgresql bool) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the ledger's migrations: %w", err)
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithTableName(schemaTable), goose.WithGoMigrations(longMigrations(postgresql)...)}
	if postgresql {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock))
		if err != nil {
			return fmt.Errorf("preparing the migration lock: %w", err)
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("preparing the ledger's migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the ledger: %w", err)
	}
	if err := derive(ctx, db, postgresql); err != nil {
		return err
	}
	return postOld(ctx, db, postgresql)
}
