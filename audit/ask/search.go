package ask

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// search describes the events to find in one ledger. The terms are for the index rows.
// The conditions are the same and more in SQL, for the rows of audit_event.
type search struct {
	ledger     string
	terms      []schema.Term // all of them must hold
	conditions conditions
	first, end int64 // first ≤ seq < end
	size       int64 // events that the ledger has
	indexed    int64 // events, from 0 on, that are indexed
}

// search prepares the search with all filters of the query.
func (a *Asker) search(ctx context.Context, q Query) (*search, error) {
	if !event.ValidLedger(q.Ledger) {
		return nil, fmt.Errorf("%w: ledger", schema.ErrQuery)
	}
	if q.Limit < 0 || q.Limit > MaxPage {
		return nil, fmt.Errorf("%w: limit", schema.ErrQuery)
	}
	before := int64(math.MaxInt64)
	if q.Cursor != "" {
		var err error
		if before, err = strconv.ParseInt(q.Cursor, 10, 64); err != nil || before < 0 {
			return nil, fmt.Errorf("%w: cursor", schema.ErrQuery)
		}
	}
	s := &search{ledger: q.Ledger}
	for i := range schema.Columns {
		if c := &schema.Columns[i]; c.In != nil {
			s.filter(c, *c.In(&q))
		}
	}
	if err := s.readBounds(ctx, a.db, q.From, q.To); err != nil {
		return nil, fmt.Errorf("querying ledger: %w", err)
	}
	s.end = min(s.end, before)
	return s, nil
}

// filter narrows the search to events with the value in the column. An empty value
// narrows nothing.
func (s *search) filter(c *schema.Column, value string) {
	if value != "" {
		s.terms = append(s.terms, schema.Term{Field: c.Field, Value: value})
		s.conditions.add(c.Name, ` = `, s.conditions.bind(value))
	}
}

// nothing is a condition that no event meets.
const nothing = `1 = 0`

// meet narrows the search to events that meet the conditions.
func (s *search) meet(conditions ...string) {
	for _, c := range conditions {
		s.conditions.add(c)
		if c == nothing {
			s.end = s.first // otherwise the search would read all index rows in vain
		}
	}
}

// readBounds turns times into bounds of seq, and reads the size of the ledger and of its
// index.
func (s *search) readBounds(ctx context.Context, db schema.Queryer, from, to time.Time) error {
	var c conditions
	since, until := `0`, strconv.FormatInt(math.MaxInt64, 10)
	if !from.IsZero() {
		since = c.firstSince(s.ledger, from)
	}
	if !to.IsZero() {
		until = c.firstSince(s.ledger, to)
	}
	err := db.QueryRowContext(ctx, `SELECT COALESCE(MAX(size), 0), COALESCE(MAX(indexed), 0), COALESCE(`+since+`, 0), COALESCE(`+until+`, 0)
		FROM audit_head WHERE ledger = `+c.bind(s.ledger), c.args...).Scan(&s.size, &s.indexed, &s.first, &s.end)
	s.indexed *= schema.BlockSize
	return err
}

// where is the search's condition in SQL, within bounds of seq.
func (s *search) where(from, before int64) *conditions {
	c := &conditions{terms: slices.Clone(s.conditions.terms), args: slices.Clone(s.conditions.args)}
	c.add(`ledger = `, c.bind(s.ledger))
	if from > 0 {
		c.add(`seq >= `, c.bind(from))
	}
	if before < math.MaxInt64 {
		c.add(`seq < `, c.bind(before))
	}
	return c
}

// maxNumbersOfPage is the largest number of events that one statement reads for a page.
const maxNumbersOfPage = 4096

// newest returns the n newest events that the search finds, the newest first.
func (a *Asker) newest(ctx context.Context, s *search, n int) ([]event.Event, error) {
	from := s.first
	if len(s.terms) > 0 {
		from = max(from, s.indexed)
	}
	events, err := a.rows(ctx, s.ledger, s.where(from, s.end), n)
	if err != nil || len(s.terms) == 0 {
		return events, err
	}
	scan := s.scan(a.db)
	for most := n; len(events) < n; most = min(2*most, maxNumbersOfPage) { // more each time, in case few meet the other conditions
		seqs, err := scan.next(ctx, most)
		if err != nil {
			return nil, err
		}
		if len(seqs) == 0 {
			break
		}
		where := s.where(0, math.MaxInt64)
		where.amongNumbers(a.postgresql, "seq", seqs)
		more, err := a.rows(ctx, s.ledger, where, n-len(events))
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	return events, nil
}

// rows reads the n newest events that meet the conditions.
func (a *Asker) rows(ctx context.Context, ledger string, where *conditions, n int) ([]event.Event, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT seq, leaf, priv, priv_salt FROM audit_event WHERE `+where.String()+
		` ORDER BY seq DESC LIMIT `+where.bind(n), where.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []event.Event
	for rows.Next() {
		e, err := scanEvent(rows, ledger)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

// count counts the events that the search finds, up to most.
func (a *Asker) count(ctx context.Context, db schema.Queryer, s *search, most int64) (n int64, err error) {
	if len(s.terms) == 0 { // numbers have no gaps
		return min(max(min(s.end, s.size)-s.first, 0), most), nil
	}
	where := s.where(max(s.first, s.indexed), s.end)
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM audit_event WHERE `+where.String()+
		` LIMIT `+where.bind(most)+`) found`, where.args...).Scan(&n)
	if err != nil {
		return 0, err
	}
	scan := s.scan(db)
	for n < most {
		blocks, err := scan.blocks(ctx)
		if err != nil {
			return 0, err
		}
		if len(blocks) == 0 {
			break
		}
		for _, b := range blocks {
			n += int64(bits.OnesCount64(b.bits))
		}
	}
	return min(n, most), nil
}

// numbers returns the numbers of all events that the search finds, the newest first. It
// returns nil when there are more than most: then reading all events is no more work.
func (a *Asker) numbers(ctx context.Context, db schema.Queryer, s *search, most int64) ([]int64, error) {
	where := s.where(max(s.first, s.indexed), s.end)
	numbers, err := readNumbers(ctx, db, `SELECT seq FROM audit_event WHERE `+where.String()+` ORDER BY seq DESC`, where.args...)
	if err != nil {
		return nil, err
	}
	scan := s.scan(db)
	for {
		more, err := scan.next(ctx, maxBlocks)
		if err != nil || len(more) == 0 {
			return numbers, err
		}
		if numbers = append(numbers, more...); int64(len(numbers)) > most {
			return nil, nil
		}
	}
}

func readNumbers(ctx context.Context, db schema.Queryer, query string, args ...any) ([]int64, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	numbers := []int64{}
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, rows.Err()
}

// A search reads so many blocks of its rarest term at once: few at first, because a page
// needs few, then more.
const (
	minBlocks = 64
	maxBlocks = 4096
)

// block is a block with a bit for each of its events that the search finds.
type block struct {
	number int64
	bits   uint64
}

// numbers appends the numbers of the events, the newest first.
func (b block) numbers(to []int64) []int64 {
	for left := b.bits; left != 0; {
		i := bits.Len64(left) - 1
		left &^= 1 << i
		to = append(to, b.number*schema.BlockSize+int64(i))
	}
	return to
}

// indexScan goes through the blocks of a search from the newest to the oldest. It
// combines the index rows of all terms.
type indexScan struct {
	db     schema.Queryer
	search *search
	oldest int64   // the last block to look at
	before int64   // blocks from here on are done
	chunk  int     // number of blocks of the rarest term to read next
	left   []int64 // numbers that next has not returned yet
}

func (s *search) scan(db schema.Queryer) *indexScan {
	end := min(s.end, s.indexed)
	return &indexScan{db: db, search: s, chunk: minBlocks, oldest: s.first / schema.BlockSize, before: (end + schema.BlockSize - 1) / schema.BlockSize}
}

// next returns the numbers of the next events, at most n. It returns none at the end.
func (f *indexScan) next(ctx context.Context, n int) ([]int64, error) {
	for len(f.left) == 0 {
		blocks, err := f.blocks(ctx)
		if err != nil {
			return nil, err
		}
		if len(blocks) == 0 {
			return nil, nil
		}
		f.left = nil
		for _, b := range blocks {
			f.left = b.numbers(f.left)
		}
	}
	n = min(n, len(f.left))
	given := f.left[:n:n]
	f.left = f.left[n:]
	return given, nil
}

// blocks returns the next blocks with events that the search finds, the newest first. It
// returns none at the end.
func (f *indexScan) blocks(ctx context.Context) ([]block, error) {
	for f.before > f.oldest {
		terms, from, err := f.stretch(ctx)
		if err != nil {
			return nil, err
		}
		blocks, err := f.read(ctx, terms, from)
		if err != nil {
			return nil, err
		}
		if len(terms) == 1 && len(blocks) == f.chunk { // stretch did not look how far the chunk reaches
			from = blocks[f.chunk-1].number
		}
		f.before, f.chunk = from, min(4*f.chunk, maxBlocks)
		if blocks = f.search.within(blocks); len(blocks) > 0 {
			return blocks, nil
		}
	}
	return nil, nil
}

// stretch says how far back to look next, and puts the rarest term of that stretch first:
// the term whose next index rows reach back furthest. A term that is rare in one stretch
// may be common in another.
func (f *indexScan) stretch(ctx context.Context) (terms []schema.Term, from int64, err error) {
	terms = slices.Clone(f.search.terms)
	if len(terms) == 1 {
		return terms, f.oldest, nil
	}
	var c conditions
	ledger, low, high, chunk := c.bind(f.search.ledger), c.bind(f.oldest), c.bind(f.before), c.bind(f.chunk)
	next := make([]string, len(terms))
	for i, t := range terms {
		next[i] = `SELECT ` + strconv.Itoa(i) + `, MIN(block), COUNT(*) FROM (SELECT block FROM audit_index WHERE ledger = ` + ledger +
			` AND field = ` + c.bind(t.Field) + ` AND value = ` + c.bind(t.Value) + ` AND block >= ` + low + ` AND block < ` + high +
			` ORDER BY block DESC LIMIT ` + chunk + `) newest`
	}
	rows, err := f.db.QueryContext(ctx, strings.Join(next, ` UNION ALL `), c.args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	reach, count := make(map[schema.Term]int64), make(map[schema.Term]int)
	for rows.Next() {
		var i, n int
		var block sql.NullInt64
		if err := rows.Scan(&i, &block, &n); err != nil {
			return nil, 0, err
		}
		t := f.search.terms[i]
		if reach[t], count[t] = block.Int64, n; n < f.chunk { // there are no more
			reach[t] = f.oldest
		}
	}
	slices.SortStableFunc(terms, func(a, b schema.Term) int {
		return cmp.Or(cmp.Compare(reach[a], reach[b]), cmp.Compare(count[a], count[b]))
	})
	return terms, reach[terms[0]], rows.Err()
}

// read reads the next blocks, down to from, in which an event has all of the terms. It
// goes along the rows of the first term and looks up the others for each block. The
// statement fixes this order, because the planner's statistics do not know how often a
// ledger has a value.
func (f *indexScan) read(ctx context.Context, terms []schema.Term, from int64) ([]block, error) {
	var c conditions
	indexed := func(t schema.Term, and string) string {
		return `FROM audit_index WHERE ledger = ` + c.bind(f.search.ledger) + ` AND field = ` + c.bind(t.Field) + ` AND value = ` + c.bind(t.Value) + and
	}
	common := `bits`
	for _, t := range terms[1:] {
		common += ` & COALESCE((SELECT bits ` + indexed(t, ` AND block = first.block`) + `), 0)`
	}
	first := indexed(terms[0], ` AND block >= `+c.bind(from)+` AND block < `+c.bind(f.before)+` ORDER BY block DESC LIMIT `+c.bind(f.chunk))
	return readBlocks(ctx, f.db, `SELECT block, common FROM (SELECT block, `+common+` AS common FROM (SELECT block, bits `+first+`) first LIMIT `+
		c.bind(f.chunk)+`) found WHERE common <> 0 ORDER BY block DESC`, c.args...)
}

// within clears the bits of events beyond the bounds of the search.
func (s *search) within(blocks []block) []block {
	kept := blocks[:0]
	for _, b := range blocks {
		if low := s.first - b.number*schema.BlockSize; low > 0 {
			b.bits &= math.MaxUint64 << low
		}
		if high := s.end - b.number*schema.BlockSize; high < schema.BlockSize {
			b.bits &= 1<<max(high, 0) - 1
		}
		if b.bits != 0 {
			kept = append(kept, b)
		}
	}
	return kept
}

func readBlocks(ctx context.Context, db schema.Queryer, query string, args ...any) ([]block, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var blocks []block
	for rows.Next() {
		var b block
		var stored int64
		if err := rows.Scan(&b.number, &stored); err != nil {
			return nil, err
		}
		b.bits = uint64(stored)
		blocks = append(blocks, b)
	}
	return blocks, rows.Err()
}
