package verify

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
)

// Index is the bitmap index of a database. A row that was changed or deleted hides events
// from queries. Like the columns, the index can be derived from the leaves.
type Index struct {
	Blocks int64                      // number of indexed blocks, from the first on; read before the rows
	All    iter.Seq2[IndexRow, error] // in any order; read after the rows
	Now    func() (int64, error)      // number of blocks indexed by now, called after All was read; nil when no events come in
}

// IndexRow says in which events of a block a field has a value.
type IndexRow struct {
	Field int64 // as docs/ledger.md numbers them
	Value string
	Block int64  // the events from 64 × Block on
	Bits  uint64 // the lowest stands for the first event of the block
}

// blockSize is how many events a block has.
const blockSize = 64

// index compares the index of a database with that of its events. There may be more rows
// than fit into memory, and the two come in different orders. So it keeps sums of keyed
// hashes of both, for each field and each stretch of blocks. The key is new each time, so
// no one can choose rows whose sums agree.
type index struct {
	given Index
	key   [sha256.Size]byte
	block int64               // the current block
	bits  map[IndexRow]uint64 // of that block, by rows without bits
	sums  map[stretch]sum     // of the events' rows, minus the database's rows
}

// stretch is some blocks of one field.
type stretch struct{ number, field int64 }

// stretchSize is how many blocks a stretch has.
const stretchSize = 256

type sum struct{ low, high uint64 }

func newIndex(given Index) *index {
	p := &index{given: given, bits: map[IndexRow]uint64{}, sums: map[stretch]sum{}}
	rand.Read(p.key[:]) // it never fails
	return p
}

// event adds an event that has the number seq in the copy. A number below 0 is in no
// block.
func (p *index) event(seq int64, e event.Event) {
	if seq < 0 {
		return
	}
	if seq/blockSize != p.block {
		p.endBlock()
		p.block = seq / blockSize
	}
	for _, f := range fields {
		if f.index > 0 {
			p.set(f.index, f.value(&e), seq)
		}
	}
	if e.Outcome == event.OutcomeDeny {
		p.set(refusedActor, e.Actor, seq)
	}
}

func (p *index) set(field int64, value string, seq int64) {
	if value != "" {
		p.bits[IndexRow{Field: field, Value: value, Block: p.block}] |= 1 << (seq % blockSize)
	}
}

func (p *index) endBlock() {
	for row, bits := range p.bits {
		row.Bits = bits
		p.add(row, false)
	}
	clear(p.bits)
}

// add adds a row to the sum of its stretch, or subtracts it.
func (p *index) add(r IndexRow, subtract bool) {
	if r.Block >= p.given.Blocks {
		return // not indexed when the verification began
	}
	row := make([]byte, 0, 128)
	row = append(row, p.key[:]...)
	for _, n := range []uint64{uint64(r.Field), uint64(r.Block), r.Bits} {
		row = binary.BigEndian.AppendUint64(row, n)
	}
	hash := sha256.Sum256(append(row, r.Value...))
	s := sum{binary.BigEndian.Uint64(hash[:]), binary.BigEndian.Uint64(hash[8:])}
	if subtract {
		s.low, s.high = -s.low, -s.high
	}
	field := r.Field
	if field < 1 || field > refusedActor {
		field = 0 // no field has this number
	}
	at := stretch{max(r.Block, 0) / stretchSize, field} // a forged row may have a negative block
	total := p.sums[at]
	p.sums[at] = sum{total.low + s.low, total.high + s.high}
}

// endIndex compares when all events have come.
func (v *verification) endIndex() error {
	p := v.index
	if p == nil {
		return nil
	}
	p.endBlock()
	if full := v.next / blockSize; p.given.Blocks > full {
		v.report.problem(KindIndex, NoSeq, "the head says that %d blocks of events are indexed, and the events fill %d", p.given.Blocks, full)
	}
	latest := int64(-1)
	for r, err := range p.given.All {
		if err != nil {
			return fmt.Errorf("reading the index: %w", err)
		}
		p.add(r, true)
		latest = max(latest, r.Block)
	}
	if p.given.Now != nil {
		now, err := p.given.Now()
		if err != nil {
			return fmt.Errorf("reading the index: %w", err)
		}
		if latest >= now {
			v.report.problem(KindIndex, NoSeq, "there is an index row of block %d, and the head says that %d blocks are indexed", latest, now)
		}
	}
	wrong := map[int64][]string{}
	for at, s := range p.sums {
		if s != (sum{}) {
			wrong[at.number] = append(wrong[at.number], fieldName(at.field))
		}
	}
	for _, number := range slices.Sorted(maps.Keys(wrong)) {
		first := number * stretchSize * blockSize
		last := min((number+1)*stretchSize, p.given.Blocks)*blockSize - 1
		slices.Sort(wrong[number])
		v.report.problem(KindIndex, first, "the index of the events from here to %d says something else than these: %s",
			last, strings.Join(wrong[number], ", "))
	}
	return nil
}

func fieldName(field int64) string {
	for _, f := range fields {
		if field > 0 && f.index == field {
			return f.name
		}
	}
	if field == refusedActor {
		return "refused actor"
	}
	return "an unknown field"
}
