package audit

import (
	"sync/atomic"
	"time"
)

// rounds tells since when something has waited for a round that succeeds, in this
// process. Another replica may sequence the events of this one, but then the rounds here
// find that and succeed too.
type rounds struct{ since atomic.Pointer[time.Time] }

// wait notes that something waits from now on, unless something waits already.
func (r *rounds) wait() {
	now := time.Now()
	r.since.CompareAndSwap(nil, &now)
}

// succeeded notes a round. more says that it left something behind.
func (r *rounds) succeeded(more bool) {
	r.since.Store(nil)
	if more {
		r.wait()
	}
}

// Stalled is how long something has waited for the sequencer of this process without one
// successful round; 0 when nothing waits. An idle process is not stalled.
func (l *Ledger) Stalled() time.Duration {
	since := l.rounds.since.Load()
	if since == nil {
		return 0
	}
	return max(time.Since(*since), 1)
}
