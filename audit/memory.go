package audit

import "sync"

// maxRemembered is of how many ledgers a process remembers the ends. Each may take some ten kilobytes, most of it for the
// block that is being filled.
const maxRemembered = 1024

// turn is one of the sequencer's, by what its row says of it.
type turn struct {
	number int64 // at random, left for the next turn to find
	former int64 // number of the turn before, 0 when it left none
}

// follows says that no other turn came between the two.
func (t turn) follows(former turn) bool {
	return t.former == former.number
}

// memory is what a process remembers of the last turn that it committed: where the ledgers end. It spares the next turn
// reading that, if no other turn came between. Each turn leaves a random number in the row that all of them lock, and finds
// the one before it there: only a memory of that very turn is of use. So it is none after a turn of another replica, nor of
// a turn whose commit was lost in a failover, however many others followed.
type memory struct {
	mu    sync.Mutex
	turn  turn
	heads map[string]*head
}

// before forgets everything but what the turn that comes before this one left behind.
func (m *memory) before(t turn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.former == 0 || !t.follows(m.turn) {
		m.turn, m.heads = turn{number: t.former}, map[string]*head{}
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
	if !b.turn.follows(m.turn) {
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
