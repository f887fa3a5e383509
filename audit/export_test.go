package audit

import "golang.org/x/mod/sumdb/tlog"

// Waiting says whether anybody waits for an event.
func (l *Ledger) Waiting() bool { return l.waiters.any() }

// MaxQueued is how many may wait.
const MaxQueued = maxQueued

// Queued counts the appended events that nobody has sequenced yet, and those that are waited for.
func (l *Ledger) Queued() (queued, waited int) {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	l.waiters.mu.Lock()
	defer l.waiters.mu.Unlock()
	return len(l.queue.rows), len(l.waiters.waiting)
}

// Frontier gives tests the frontier, whose bytes and root every version has to compute alike.
type Frontier = frontier

// ParseFrontier reads a stored frontier.
func ParseFrontier(size int64, stored []byte) (Frontier, error) { return parseFrontier(size, stored) }

// Add adds a leaf.
func (f frontier) Add(size int64, leaf []byte) Frontier { return f.add(size, leaf) }

// Bytes is the stored form.
func (f frontier) Bytes() []byte { return f.bytes() }

// Root is the root of the tree.
func (f frontier) Root() (tlog.Hash, error) { return f.root() }
