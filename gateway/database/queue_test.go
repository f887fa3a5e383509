package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// A transaction waits for a connection, gets the next one that is free, and is refused
// when none is for too long.
func TestTransactionsQueueForAConnection(t *testing.T) {
	db := databasetest.Open(t, database.Config{PostgreSQL: databasetest.PostgreSQLDSN(t), Writers: 2, Readers: 2, Queue: 300 * time.Millisecond})
	for name, run := range map[string]func(context.Context, func(context.Context, *database.Tx) error) error{"writing": db.InTx, "reading": db.View} {
		t.Run(name, func(t *testing.T) {
			begun, end, ended := make(chan bool), make(chan bool), make(chan error)
			for range 2 {
				go func() {
					ended <- run(t.Context(), func(context.Context, *database.Tx) error {
						begun <- true
						<-end
						return nil
					})
				}()
				<-begun
			}
			if err := run(t.Context(), ask); !errors.Is(err, database.ErrUnavailable) {
				t.Errorf("with every connection taken: %v", err)
			}
			end <- true
			if err := errors.Join(<-ended, run(t.Context(), ask)); err != nil {
				t.Errorf("with one free: %v", err)
			}
			end <- true
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
