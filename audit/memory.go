package audit

import "sync"

// maxRemembered is of how many ledgers a process remembers the ends.
const maxRemembered = 4096

// memory is what a process remembers of the last turn that it committed: where the ledgers end. It spares the next turn
// reading that, if no other turn came between. Each turn leaves a random number in the row that all of them lock, and finds
// the one before it there: only a memory of that very turn is of use. So it is none after a turn of another replica, nor of
// a turn whose commit was lost in a failover, however many others followed.
type memory struct {
	mu    sync.Mutex
	turn  int64 // 0: none
	heads map[string]*head
}

// after forgets everything but what the turn left behind.
func (m *memory) after(turn int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.turn != turn || turn == 0 {
		m.turn, m.heads = turn, map[string]*head{}
	}
}

// take takes out the head of a ledger, for a turn to write it anew; nil when it is not known. If that turn comes to nothing,
// the head is not known any more, because it was changed meanwhile.
func (m *memory) take(ledger string) *head {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.heads[ledger]
	delete(m.heads, ledger)
	return h
}

// keep remembers a batch that was committed. Whoever says so late, when another turn has begun meanwhile, says nothing of the
// last one any more.
func (m *memory) keep(b *batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.former != m.turn {
		return
	}
	if len(m.heads)+len(b.heads) > maxRemembered {
		m.heads = map[string]*head{}
	}
	m.turn = b.turn
	for ledger, h := range b.heads {
		m.heads[ledger] = h
	}
}
