package database_test

import (
	"errors"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// TestAlone: who is alone on a database keeps others out, and is kept out while any other works on it.
func TestAlone(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		leaveFirst, err := db.Share(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leaveSecond, err := db.Share(t.Context())
		if err != nil {
			t.Fatalf("beside another: %v", err)
		}
		refused := func(when string) {
			t.Helper()
			if _, err := db.Alone(t.Context()); !errors.Is(err, database.ErrInUse) {
				t.Errorf("%s: %v", when, err)
			}
		}
		refused("beside two")
		if err := leaveFirst(); err != nil {
			t.Fatal(err)
		}
		refused("beside one")
		if err := leaveSecond(); err != nil {
			t.Fatal(err)
		}
		leave, err := db.Alone(t.Context())
		if err != nil {
			t.Fatalf("when all have left: %v", err)
		}
		refused("beside another who is alone")
		if _, err := db.Share(t.Context()); !errors.Is(err, database.ErrInUse) {
			t.Errorf("shared with who is alone: %v", err)
		}
		if err := leave(); err != nil {
			t.Fatal(err)
		}
		if leave, err = db.Share(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := leave(); err != nil {
			t.Fatal(err)
		}
	})
}
