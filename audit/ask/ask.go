// Package ask answers questions to the ledgers: by filters, by name, by number. It is
// handed something that reads, and cannot write.
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

// New asks the database. sumLimit is how long a question about sums may take.
func New(db schema.Queryer, postgresql bool, clock func() time.Time, sumLimit time.Duration) *Asker {
	return &Asker{db, postgresql, clock, sumLimit}
}
