package audit

import (
	"bytes"
	"errors"
	"strings"
	"sync"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// maxRemembered bounds the ledgers whose ends a process remembers. Each takes some ten
// kilobytes, most of them for the block that is being filled.
const maxRemembered = 1024

// memory holds the ends of ledgers between the batches of a process: their heads, and the
// index rows of their last block. It spares a batch the reading of both.
//
// It may be wrong, and then a batch comes to nothing. A head is written only over the
// head that the batch began with, and a compact range commits to every event before it.
// So a batch with a memory from before a batch of another process, a lost commit, a
// failover or a restore changes no row, fails with errMoved, and is tried again without
// memory. The numbers of rounds only avoid such attempts.
type memory struct {
	mu    sync.Mutex
	round int64 // the last one of this process that was committed
	since int64 // no other process has committed a round from this one on
	heads map[string]*head
}

// errMoved says that a batch began with a head that is not the database's.
var errMoved = errors.New("a ledger has another head than this process remembers")

// take takes out the heads of ledgers for a round, as far as they are known. They are
// forgotten: a batch changes them, and it may come to nothing.
func (m *memory) take(round int64, ledgers map[string]*head) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.round != round-1 {
		m.since = round
	}
	for ledger := range ledgers {
		if h := m.heads[ledger]; h != nil {
			h.current = h.current && h.round >= m.since
			ledgers[ledger] = h
			delete(m.heads, ledger)
		}
	}
}

// keep remembers the heads of a batch that was committed.
func (m *memory) keep(b *batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.round < m.round { // it says so late, or the database has lost rounds
		m.heads = nil
	}
	if m.heads == nil {
		m.heads = map[string]*head{}
	}
	m.round = b.round
	for ledger, h := range b.heads {
		h.round = b.round
		h.stored()
		m.heads[ledger] = h
	}
	for ledger := range m.heads { // in no order
		if len(m.heads) <= maxRemembered {
			break
		}
		delete(m.heads, ledger)
	}
}

// tail holds the index rows of the last events of a ledger, from the first one without a
// row in the database on.
type tail struct{ bits map[place]uint64 }

type place struct {
	schema.Term
	block int64
}

func newTail() *tail { return &tail{map[place]uint64{}} }

func (t *tail) add(e *event.Event) {
	for _, term := range schema.Terms(e) {
		p := place{term, e.Seq / schema.BlockSize}
		bits, known := t.bits[p]
		if !known {
			p.Value = strings.Clone(p.Value) // it is a part of a leaf, and the leaf is not remembered
		}
		t.bits[p] = bits | 1<<(e.Seq%schema.BlockSize)
	}
}

// take takes out the rows of the blocks before a block.
func (t *tail) take(ledger string, before int64, to []indexRow) []indexRow {
	for p, bits := range t.bits {
		if p.block < before {
			to = append(to, indexRow{ledger, p.Term, p.block, bits})
			delete(t.bits, p)
		}
	}
	return to
}

// origin is what the database says of a head before a batch.
type origin struct {
	size, indexed int64
	compact       []byte
}

// stored notes that the database has the head.
func (h *head) stored() {
	h.current, h.origin = true, origin{h.size, h.indexed, h.compact.bytes()}
}

// at says whether two heads are over the same events, with as many of them indexed.
func (h *head) at(other *head) bool {
	return h.size == other.size && h.indexed == other.indexed && bytes.Equal(h.compact.bytes(), other.compact.bytes())
}
