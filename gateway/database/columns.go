package database

import (
	"context"
	"fmt"
)

// Columns lists the columns of that name in all tables, as in document.object_key, in
// order. It asks the database itself, because a newer build may have migrated it further
// than this one knows.
func (db *DB) Columns(ctx context.Context, name string) ([]string, error) {
	// Neither engine has the other's catalogue.
	query := `SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND c.name = $1 ORDER BY 1`
	if db.postgresql {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND column_name = $1 ORDER BY 1`
	}
	rows, err := db.reader.QueryContext(ctx, query, name)
	if err != nil {
		return nil, fmt.Errorf("listing columns: %w", classify(ctx, err))
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			return nil, fmt.Errorf("listing columns: %w", classify(ctx, err))
		}
		columns = append(columns, column)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing columns: %w", classify(ctx, err))
	}
	return columns, nil
}
