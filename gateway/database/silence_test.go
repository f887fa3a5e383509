package database_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// TestSilentConnections: all connections of both pools go silent without an end, as after
// a failover to another machine. A statement without a deadline ends, and from then on no
// old connection is waited for.
func TestSilentConnections(t *testing.T) {
	for name, read := range map[string]bool{"a reader finds out": true, "a writer finds out": false} {
		t.Run(name, func(t *testing.T) {
			proxy := databasetest.NewProxy(t, databasetest.PostgreSQLDSN(t))
			db := databasetest.Open(t, database.Config{PostgreSQL: proxy.DSN, Patience: 100 * time.Millisecond})
			occupy(t, db) // many connections in each pool
			occupy(t, db) // and used just now, so that no ping comes before a statement
			try := func() error {
				run := db.InTx
				if read {
					run = db.View
				}
				done := make(chan error, 1)
				go func() { done <- run(t.Context(), ask) }()
				select {
				case err := <-done:
					return err
				case <-time.After(30 * time.Second): // else the test would wait as long as TCP
					return errors.New("it waits without an end")
				}
			}
			proxy.Silence()
			if err := try(); err != nil && !errors.Is(err, database.ErrUnavailable) {
				t.Errorf("the first: %v", err)
			}
			if err := try(); err != nil {
				t.Errorf("the second: %v", err)
			}
		})
	}
}

func ask(ctx context.Context, tx *database.Tx) error {
	_, err := tx.SQL.ExecContext(ctx, `SELECT 1`)
	return err
}

// occupy opens connections by using them at the same time.
func occupy(t *testing.T, db *database.DB) {
	t.Helper()
	const connections = 6
	var all, ready sync.WaitGroup
	ready.Add(2 * connections)
	use := func(run func(context.Context, func(context.Context, *database.Tx) error) error) {
		all.Go(func() {
			err := run(t.Context(), func(ctx context.Context, tx *database.Tx) error {
				ready.Done()
				ready.Wait()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range connections {
		use(db.View)
		use(db.InTx)
	}
	all.Wait()
}

// TestAServerThatRefusesWrites: it is unavailable, and the next transaction does not get
// the connection that leads to it.
func TestAServerThatRefusesWrites(t *testing.T) {
	db := databasetest.Open(t, database.Config{PostgreSQL: databasetest.PostgreSQLDSN(t), Writers: 1})
	if _, err := db.Writer().ExecContext(t.Context(), `SET default_transaction_read_only = on`); err != nil {
		t.Fatal(err)
	}
	write := func(ctx context.Context, tx *database.Tx) error { return organisation(ctx, tx, "o_1", "client") }
	if err := db.InTx(t.Context(), write); !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("read-only: %v", err)
	}
	if err := db.InTx(t.Context(), write); err != nil {
		t.Errorf("over another connection: %v", err)
	}
}
