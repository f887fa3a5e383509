package database

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/database/queries"
)

// StoreRecord gives what the last try of a bucket found, empty where it was not tried.
func (db *DB) StoreRecord(ctx context.Context, place string) (record string, err error) {
	err = db.View(ctx, func(ctx context.Context, tx *Tx) error {
		rows, err := tx.StoreRecord(ctx, place)
		if err == nil && len(rows) > 0 {
			record = rows[0]
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the record of the store: %w", err)
	}
	return record, nil
}

// KeepStoreRecord writes what a try of a bucket found. It is no act: it says how a server
// has to be asked.
func (db *DB) KeepStoreRecord(ctx context.Context, place, record string, tried time.Time) error {
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		return tx.KeepStoreRecord(ctx, queries.KeepStoreRecordParams{Place: place, Tried: queries.At(tried), Record: record})
	})
	if err != nil {
		return fmt.Errorf("writing the record of the store: %w", err)
	}
	return nil
}
