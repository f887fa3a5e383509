package database

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"
)

// Clock is the time of acts. On PostgreSQL it is the server's, so that replicas whose
// machines differ agree on what is in force: else a grant of one is not yet in force for
// another, and a revocation not yet. On SQLite, where one process writes, it is the
// machine's.
//
// It never falls. When the time behind it jumps back, it stands still until that time has
// come again: what was granted before the jump stays in force, and what was revoked stays
// revoked.
type Clock struct {
	db    *DB
	local func() time.Time

	mu     sync.Mutex
	server time.Time // when it was asked last
	asked  time.Time // by local
	last   time.Time // that Now gave
}

const (
	// clockPause is how often the server is asked for its time. In between the machine
	// counts, by a clock that is never set.
	clockPause = 5 * time.Second
	// clockPatience bounds an answer, because the time in it is half as old.
	clockPatience = 500 * time.Millisecond
	// clockAsks is how often one look asks. The quickest answer counts: it says most
	// exactly what the time is. The first one may have to wait for a connection.
	clockAsks = 4
)

// Clock makes a clock. local is the machine's time: time.Now when nil. The clock is asked
// for the server's time while Run runs.
func (db *DB) Clock(ctx context.Context, local func() time.Time) (*Clock, error) {
	if local == nil {
		local = time.Now
	}
	c := &Clock{db: db, local: local}
	if !db.postgresql {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.ask(ctx); err != nil {
		return nil, fmt.Errorf("asking PostgreSQL for its time: %w", err)
	}
	return c, nil
}

// Now is the time of an act.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.local()
	if c.db.postgresql {
		now = c.server.Add(now.Sub(c.asked))
	}
	if now = now.Round(0); now.After(c.last) {
		c.last = now
	}
	return c.last
}

// Run keeps the clock until ctx ends. While the server does not answer, the machine
// counts on.
func (c *Clock) Run(ctx context.Context) error {
	if !c.db.postgresql {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(clockPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			asking, cancel := context.WithTimeout(ctx, clockPatience)
			c.ask(asking) // that it is silent is told by those who need an answer
			cancel()
		}
	}
}

func (c *Clock) ask(ctx context.Context) error {
	var server, asked time.Time
	quickest := time.Duration(math.MaxInt64)
	for range clockAsks {
		before := c.local()
		var micros int64
		err := c.db.reader.QueryRowContext(ctx, `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)`).Scan(&micros)
		if err != nil {
			return classify(ctx, err)
		}
		after := c.local()
		if took := after.Sub(before); took < quickest {
			quickest, server, asked = took, time.UnixMicro(micros).Add(took/2).UTC(), after
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server, c.asked = server, asked
	return nil
}
