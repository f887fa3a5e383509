package audit

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// schemaText makes the ledger's tables.
//
//go:embed schema.sql
var schemaText string

// firstSchema is the number of the oldest schema that this build can use. It is in the
// first line of the text.
var firstSchema = numberOf(schemaText)

func numberOf(text string) int64 {
	var number int64
	if _, err := fmt.Sscanf(text, "-- Schema %d\n", &number); err != nil {
		panic("the first line of schema.sql is not its number: " + err.Error())
	}
	return number
}

// schemaTable is the table in which goose records the migrations. The ledger has a table
// of its own, because its schema and the product's change separately.
const schemaTable = "audit_schema"

// migrationLock keeps replicas that start together from migrating together (PostgreSQL).
const migrationLock = 0x626f7264617564 // "bordaud"

// Migrate brings the ledger's tables up to date. It refuses a database whose schema is
// older than firstSchema, because no statement leads from there to here.
func Migrate(ctx context.Context, db *sql.DB, postgresql bool) error {
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{
		goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(tables(postgresql))}
	if postgresql {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock))
		if err != nil {
			return fmt.Errorf("preparing the migration lock: %w", err)
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db, nil, options...)
	if err != nil {
		return fmt.Errorf("preparing the ledger's migrations: %w", err)
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrating the ledger: %w", err)
	}
	if version > 0 && version < firstSchema {
		return fmt.Errorf("migrating the ledger: the database has schema %d of a build from before the first release, and this build "+
			"begins with schema %d: open it with the build that made it, or configure an empty database", version, firstSchema)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the ledger: %w", err)
	}
	return nil
}

// tables makes the tables and their triggers. It is not a migration file, because the
// engines have no common language for triggers.
func tables(postgresql bool) *goose.Migration {
	text := schemaText
	if !postgresql {
		text = strings.ReplaceAll(text, "/* sqlite: WITHOUT ROWID */", "WITHOUT ROWID") // the table is its key
	}
	statements := append([]string{text}, append(eventTriggers.create(postgresql), indexTriggers.create(postgresql)...)...)
	return goose.NewGoMigration(firstSchema, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		return runAll(ctx, tx, statements)
	}}, nil)
}
