package audit

import "time"

// Observer is told how the ledger works, for metrics. It must return at once.
type Observer interface {
	Waited(took time.Duration, err error) // a call of Wait ended
	Round(err error)                      // a round of Run ended
	Sequenced(events int)                 // events are durable in ledgers
}

// nothing observes nothing.
type nothing struct{}

func (nothing) Waited(time.Duration, error) {}
func (nothing) Round(error)                 {}
func (nothing) Sequenced(int)               {}
