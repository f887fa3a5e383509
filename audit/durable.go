package audit

import (
	"context"
	"database/sql"
	"fmt"
)

// checkDurable refuses a database that acknowledges a commit before it is on disk. On
// such a database, a byte could leave before its event is durable.
func checkDurable(ctx context.Context, db *sql.DB, postgresql bool) error {
	if postgresql {
		return checkPostgreSQL(ctx, db)
	}
	return checkSQLite(ctx, db)
}

func checkPostgreSQL(ctx context.Context, db *sql.DB) error {
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := db.QueryRowContext(ctx, `SELECT current_setting($1)`, setting).Scan(&value); err != nil {
			return fmt.Errorf("asking PostgreSQL for %s: %w", setting, err)
		}
		if value == "off" {
			return fmt.Errorf("the database does not make commits durable: %s is off", setting)
		}
	}
	return nil
}

func checkSQLite(ctx context.Context, db *sql.DB) error {
	const full = 2 // PRAGMA synchronous: 0 off, 1 normal, 2 full, 3 extra
	var synchronous int
	if err := db.QueryRowContext(ctx, `PRAGMA synchronous`).Scan(&synchronous); err != nil {
		return fmt.Errorf("asking SQLite for synchronous: %w", err)
	}
	if synchronous < full {
		return fmt.Errorf("the database does not make commits durable: synchronous is %d, must be FULL (%d)", synchronous, full)
	}
	var journal string
	if err := db.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&journal); err != nil {
		return fmt.Errorf("asking SQLite for journal_mode: %w", err)
	}
	if journal == "off" || journal == "memory" {
		return fmt.Errorf("the database does not make commits durable: journal_mode is %s", journal)
	}
	return nil
}
