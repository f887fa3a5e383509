package database_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// rendezvous returns a function that returns when it has been called n times.
func rendezvous(n int) func() {
	var all sync.WaitGroup
	all.Add(n)
	return func() { all.Done(); all.Wait() }
}

// If an upload ends while the sweeper abandons it, exactly one of the two happens.
func TestAnUploadIsReceivedOrAbandoned(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		for i := range 20 {
			id := fmt.Sprintf("d_%d", i)
			write(t, db, func(ctx context.Context, tx *database.Tx) error {
				_, err := document(ctx, tx, id, id)
				return err
			})
			received, abandoned := race(t, db,
				func(ctx context.Context, tx *database.Tx) (int64, error) { return receive(ctx, tx, id) },
				func(ctx context.Context, tx *database.Tx) (int64, error) {
					return tx.AbandonDocument(ctx, policy.DocumentID(id))
				})
			if received+abandoned != 1 {
				t.Fatalf("received %d times, abandoned %d times", received, abandoned)
			}
			d := view(t, db, func(ctx context.Context, tx *database.Tx) (queries.Document, error) {
				return tx.Document(ctx, policy.DocumentID(id))
			})
			if want := map[int64]string{1: "received", 0: "abandoned"}[received]; d.State != policy.DocumentState(want) {
				t.Errorf("state %q, want %q", d.State, want)
			}
		}
	})
}

// race runs two statements in transactions of their own at once and returns how many rows
// each changed.
func race(t *testing.T, db *database.DB, a, b func(context.Context, *database.Tx) (int64, error)) (rowsA, rowsB int64) {
	t.Helper()
	var both sync.WaitGroup
	ready := rendezvous(2)
	run := func(rows *int64, statement func(context.Context, *database.Tx) (int64, error)) {
		ready()
		if err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) (err error) {
			*rows, err = statement(ctx, tx)
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	both.Go(func() { run(&rowsA, a) })
	both.Go(func() { run(&rowsB, b) })
	both.Wait()
	return rowsA, rowsB
}

// If twenty readers ask at once under a ceiling of seven documents, seven get one.
func TestLockReadingKeepsTheCeiling(t *testing.T) {
	const ceiling, readers = 7, 20
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		granted := make(chan bool, readers)
		var all sync.WaitGroup
		ready := rendezvous(readers)
		for range readers {
			all.Go(func() {
				ready()
				ok, err := reserve(t.Context(), db, ceiling)
				if err != nil {
					t.Error(err)
				}
				granted <- ok
			})
		}
		all.Wait()
		close(granted)
		n := 0
		for ok := range granted {
			if ok {
				n++
			}
		}
		if n != ceiling {
			t.Errorf("%d of %d were let through under a ceiling of %d", n, readers, ceiling)
		}
		sums := readingOf(t, db)
		if sums.Documents != ceiling || sums.Bytes != ceiling*100 {
			t.Errorf("sums are %+v", sums)
		}
	})
}

func reserve(ctx context.Context, db *database.DB, ceiling int64) (granted bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		sums, err := tx.LockReading(ctx, queries.LockReadingParams{Contract: "c_1", Person: "p_handler", Day: "2026-11-25"})
		if granted = err == nil && sums.Documents < ceiling; !granted {
			return err
		}
		return tx.AddReading(ctx, queries.AddReadingParams{Contract: "c_1", Person: "p_handler", Day: "2026-11-25", ReadDocuments: 1, ReadBytes: 100})
	})
	return granted, err
}

func readingOf(t *testing.T, db *database.DB) (sums queries.LockReadingRow) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *database.Tx) (err error) {
		sums, err = tx.LockReading(ctx, queries.LockReadingParams{Contract: "c_1", Person: "p_handler", Day: "2026-11-25"})
		return err
	})
	return sums
}

// An act that reads the status during a change of it waits, and then reads the new
// status.
func TestAStatusReadDuringAChangeIsTheNewOne(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	fill(t, db)
	var status queries.ContractStatus
	asked := make(chan error, 1)
	write(t, db, func(ctx context.Context, tx *database.Tx) error {
		if err := nextStatus(ctx, tx, "cs_2", "suspended"); err != nil {
			return err
		}
		go func() {
			asked <- db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) (err error) {
				status, err = tx.ContractStatus(ctx, "c_1")
				return err
			})
		}()
		return waitForLock(ctx, db)
	})
	if err := <-asked; err != nil {
		t.Fatal(err)
	}
	if status.Status != "suspended" {
		t.Errorf("status read is %q", status.Status)
	}
}

// An act that has read the status keeps it from changing until it commits.
func TestStatusChangeWaitsForActs(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	fill(t, db)
	changed := make(chan error, 1)
	write(t, db, func(ctx context.Context, tx *database.Tx) error {
		if _, err := tx.ContractStatus(ctx, "c_1"); err != nil {
			return err
		}
		go func() {
			changed <- db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
				return nextStatus(ctx, tx, "cs_2", "suspended")
			})
		}()
		return waitForLock(ctx, db)
	})
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
}

// waitForLock returns when a session of the database waits for a lock of another one.
func waitForLock(ctx context.Context, db *database.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	for {
		var waiting int
		err := db.Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil || waiting > 0 {
			return err
		}
	}
}
