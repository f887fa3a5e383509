package audit

import (
	"fmt"
	"slices"
	"sync"
)

// maxQueued is the largest number of appended events that wait. When more come, the
// database is unavailable or too slow.
const maxQueued = 8192

// queue holds appended events, which are not in the outbox, the oldest first.
type queue struct {
	mu   sync.Mutex
	rows []pending
}

func (q *queue) add(row pending) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.rows) >= maxQueued {
		return fmt.Errorf("%w: %d events are waiting", ErrUnavailable, len(q.rows))
	}
	q.rows = append(q.rows, row)
	return nil
}

// first lists at most n events, and keeps them in the queue.
func (q *queue) first(n int) []pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.rows[:min(n, len(q.rows))])
}

// drop removes the n oldest.
func (q *queue) drop(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rows = slices.Delete(q.rows, 0, n)
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.rows) == 0
}
