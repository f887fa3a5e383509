package database_test

import (
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// Two machines of which one is an hour off agree, because the server's clock decides.
func TestTheServersClockDecides(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	for _, off := range []time.Duration{-time.Hour, 0, time.Hour} {
		clock, err := db.Clock(t.Context(), func() time.Time { return time.Now().Add(off) })
		if err != nil {
			t.Fatal(err)
		}
		if apart := time.Since(clock.Now()).Abs(); apart > time.Minute { // this machine's clock is the server's
			t.Errorf("a machine that is %s off differs from the server by %s", off, apart)
		}
	}
}

// The machine's clock is set back, and the time of acts stands still.
func TestTheClockNeverFalls(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		now := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
		clock, err := db.Clock(t.Context(), func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		first := clock.Now()
		now = now.Add(-time.Hour)
		if got := clock.Now(); !got.Equal(first) {
			t.Errorf("after the jump it is %s, and was %s", got, first)
		}
		now = now.Add(time.Hour + time.Second)
		if got := clock.Now(); !got.Equal(first.Add(time.Second)) {
			t.Errorf("a second later it is %s, and was %s", got, first)
		}
	})
}
