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

// Postings are what a database finds events by: a posting that was changed or taken away hides events from whoever asks for
// them. Like columns they can be derived from the leaves.
type Postings struct {
	Blocks int64                     // from the first on, that have postings; read before the rows
	All    iter.Seq2[Posting, error] // in any order; read after the rows
	Now    func() (int64, error)     // how many blocks have postings by now; asked after All was read, and nil where nothing comes in
}

// Posting says in which events of a block a field has a value.
type Posting struct {
	Field int64 // as docs/ledger.md numbers them
	Value string
	Block int64  // the events from 64 × Block on
	Bits  uint64 // the lowest stands for the first event of the block
}

// blockSize is how many events a block has.
const blockSize = 64

// postedFields are the fields in the order of their numbers, which begin with 1.
var postedFields = []struct {
	name  string
	value func(c Columns) string
}{
	{"action", func(c Columns) string { return c.Action }},
	{"kind", func(c Columns) string { return c.Kind }},
	{"phase", func(c Columns) string { return c.Phase }},
	{"outcome", func(c Columns) string { return c.Outcome }},
	{"reason", func(c Columns) string { return c.Reason }},
	{"actor", func(c Columns) string { return c.Actor }},
	{"organisation", func(c Columns) string { return c.Organisation }},
	{"role", func(c Columns) string { return c.Role }},
	{"site", func(c Columns) string { return c.Site }},
	{"country", func(c Columns) string { return c.Country }},
	{"contract", func(c Columns) string { return c.Contract }},
	{"provider", func(c Columns) string { return c.Provider }},
	{"batch", func(c Columns) string { return c.Batch }},
	{"document", func(c Columns) string { return c.Document }},
	{"refused actor", func(c Columns) string {
		if c.Outcome == string(event.OutcomeDeny) {
			return c.Actor
		}
		return ""
	}},
}

// postings compares the postings of a database with those that its events have. There may be more of them than fit into
// memory, and the two come in different orders; so of both it keeps sums of keyed hashes, for each field and each stretch of
// blocks. The key is made anew each time: nobody can have chosen rows whose sums agree.
type postings struct {
	given Postings
	key   [sha256.Size]byte
	block int64              // that is being gone through
	bits  map[Posting]uint64 // of that block, by postings without bits
	sums  map[stretch]sum    // of what the events have, less what the database has
}

// stretch is some blocks of one field.
type stretch struct{ number, field int64 }

// stretchSize is how many blocks a stretch has.
const stretchSize = 256

type sum struct{ low, high uint64 }

func newPostings(given Postings) *postings {
	p := &postings{given: given, bits: map[Posting]uint64{}, sums: map[stretch]sum{}}
	rand.Read(p.key[:]) // it never fails
	return p
}

// event takes an event that the copy has as its seq-th. One before the first is in no block.
func (p *postings) event(seq int64, e event.Event) {
	if seq < 0 {
		return
	}
	if seq/blockSize != p.block {
		p.endBlock()
		p.block = seq / blockSize
	}
	columns := columnsOf(e)
	for i, f := range postedFields {
		if value := f.value(columns); value != "" {
			p.bits[Posting{Field: int64(i + 1), Value: value, Block: p.block}] |= 1 << (seq % blockSize)
		}
	}
}

func (p *postings) endBlock() {
	for posting, bits := range p.bits {
		posting.Bits = bits
		p.add(posting, false)
	}
	clear(p.bits)
}

// add adds a posting to the sum of its stretch, or takes it away.
func (p *postings) add(posting Posting, away bool) {
	if posting.Block >= p.given.Blocks {
		return // not posted when the verification began
	}
	row := make([]byte, 0, 128)
	row = append(row, p.key[:]...)
	for _, n := range []uint64{uint64(posting.Field), uint64(posting.Block), posting.Bits} {
		row = binary.BigEndian.AppendUint64(row, n)
	}
	hash := sha256.Sum256(append(row, posting.Value...))
	s := sum{binary.BigEndian.Uint64(hash[:]), binary.BigEndian.Uint64(hash[8:])}
	if away {
		s.low, s.high = -s.low, -s.high
	}
	field := posting.Field
	if field < 1 || field > int64(len(postedFields)) {
		field = 0 // there is none of this number
	}
	at := stretch{max(posting.Block, 0) / stretchSize, field} // nor a block before the first, but somebody may say so
	total := p.sums[at]
	p.sums[at] = sum{total.low + s.low, total.high + s.high}
}

// endPostings compares when all events have come.
func (v *verification) endPostings() error {
	p := v.postings
	if p == nil {
		return nil
	}
	p.endBlock()
	if full := v.next / blockSize; p.given.Blocks > full {
		v.report.problem(KindPosting, NoSeq, "the head says that %d blocks of events have postings, and the events fill %d", p.given.Blocks, full)
	}
	latest := int64(-1)
	for posting, err := range p.given.All {
		if err != nil {
			return fmt.Errorf("reading postings: %w", err)
		}
		p.add(posting, true)
		latest = max(latest, posting.Block)
	}
	if p.given.Now != nil {
		now, err := p.given.Now()
		if err != nil {
			return fmt.Errorf("reading postings: %w", err)
		}
		if latest >= now {
			v.report.problem(KindPosting, NoSeq, "there is a posting of block %d, and the head says that %d blocks have postings", latest, now)
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
		v.report.problem(KindPosting, first, "the postings of the events from here to %d say something else than these: %s",
			last, strings.Join(wrong[number], ", "))
	}
	return nil
}

func fieldName(field int64) string {
	if field == 0 {
		return "a field that there is not"
	}
	return postedFields[field-1].name
}
