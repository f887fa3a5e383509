// Package ask answers questions to the ledgers: by filters, by name, by number. It gets a
// schema.Queryer, which only reads, so it cannot write.
package ask

import (
	"time"

	"github.com/bordereau/bordereau/audit/schema"
)

// Asker asks all ledgers of one database. Its methods may be called from any number of
// goroutines.
type Asker struct {
	db         schema.Queryer
	postgresql bool
	clock      func() time.Time
	sumLimit   time.Duration
}

// New makes an Asker of the database. sumLimit bounds the time of a question about sums.
func New(db schema.Queryer, postgresql bool, clock func() time.Time, sumLimit time.Duration) *Asker {
	return &Asker{db, postgresql, clock, sumLimit}
}
