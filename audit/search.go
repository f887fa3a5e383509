package audit

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// search is what is looked for in one ledger: the terms are what is asked of the postings, the conditions the same and more
// in SQL, for the rows of audit_event.
type search struct {
	ledger     string
	terms      []term // all of them must hold
	conditions conditions
	first, end int64 // first ≤ seq < end
	posted     int64 // events, from 0 on, that are found by postings
}

// searching is what a search is carried out on: the database, or a transaction.
type searching interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// search prepares the search for what all filters of the query find.
func (l *Ledger) search(ctx context.Context, q Query) (*search, error) {
	if !event.ValidLedger(q.Ledger) {
		return nil, fmt.Errorf("%w: ledger", ErrQuery)
	}
	if q.Limit < 0 || q.Limit > MaxPage {
		return nil, fmt.Errorf("%w: limit", ErrQuery)
	}
	before := int64(math.MaxInt64)
	if q.Cursor != "" {
		var err error
		if before, err = strconv.ParseInt(q.Cursor, 10, 64); err != nil || before < 0 {
			return nil, fmt.Errorf("%w: cursor", ErrQuery)
		}
	}
	s := &search{ledger: q.Ledger}
	for _, f := range []struct {
		column string
		of     term
	}{
		{"document", term{fieldDocument, q.Document}}, {"batch", term{fieldBatch, q.Batch}}, {"actor", term{fieldActor, q.Actor}},
		{"contract", term{fieldContract, q.Contract}}, {"organisation", term{fieldOrganisation, q.Organisation}},
		{"provider", term{fieldProvider, q.Provider}}, {"site", term{fieldSite, q.Site}}, {"country", term{fieldCountry, q.Country}},
		{"role", term{fieldRole, q.Role}}, {"action", term{fieldAction, string(q.Action)}}, {"kind", term{fieldKind, string(q.Kind)}},
		{"phase", term{fieldPhase, string(q.Phase)}}, {"outcome", term{fieldOutcome, string(q.Outcome)}}, {"reason", term{fieldReason, q.Reason}},
	} {
		s.filter(f.column, f.of)
	}
	if err := s.readBounds(ctx, l.config.Reader, q.From, q.To); err != nil {
		return nil, fmt.Errorf("querying ledger: %w", err)
	}
	s.end = min(s.end, before)
	return s, nil
}

// filter makes the search find only what has the value, if there is one.
func (s *search) filter(column string, t term) {
	if t.value != "" {
		s.terms = append(s.terms, t)
		s.conditions.add(column, ` = `, s.conditions.bind(t.value))
	}
}

// readBounds makes bounds of seq out of times, and reads how far the postings go.
func (s *search) readBounds(ctx context.Context, db searching, from, to time.Time) error {
	var c conditions
	since, until := `0`, strconv.FormatInt(math.MaxInt64, 10)
	if !from.IsZero() {
		since = c.firstSince(s.ledger, from)
	}
	if !to.IsZero() {
		until = c.firstSince(s.ledger, to)
	}
	err := db.QueryRowContext(ctx, `SELECT COALESCE((SELECT posted FROM audit_head WHERE ledger = `+c.bind(s.ledger)+`), 0),
		COALESCE(`+since+`, 0), COALESCE(`+until+`, 0)`, c.args...).Scan(&s.posted, &s.first, &s.end)
	s.posted *= blockSize
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

// newest gives the n newest events that are found, the newest first.
func (l *Ledger) newest(ctx context.Context, s *search, n int) ([]event.Event, error) {
	from := s.first
	if len(s.terms) > 0 {
		from = max(from, s.posted)
	}
	events, err := l.rows(ctx, s.ledger, s.where(from, s.end), n)
	if err != nil || len(s.terms) == 0 {
		return events, err
	}
	found := s.postings(l.config.Reader, l.config.PostgreSQL)
	// The conditions may be more than the terms, and few or none of what is found meet them: then more is read at a time.
	for most := n; len(events) < n; most = min(2*most, maxBlocks) {
		seqs, err := found.next(ctx, most)
		if err != nil {
			return nil, err
		}
		if len(seqs) == 0 {
			break
		}
		where := s.where(0, math.MaxInt64)
		where.amongNumbers(l.config.PostgreSQL, "seq", seqs)
		more, err := l.rows(ctx, s.ledger, where, n-len(events))
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	return events, nil
}

// rows reads the n newest events for which the conditions hold.
func (l *Ledger) rows(ctx context.Context, ledger string, where *conditions, n int) ([]event.Event, error) {
	rows, err := l.config.Reader.QueryContext(ctx, `SELECT seq, leaf, priv, priv_salt FROM audit_event WHERE `+where.String()+
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

// count counts what is found, up to most.
func (l *Ledger) count(ctx context.Context, db searching, s *search, most int64) (n int64, err error) {
	from := s.first
	if len(s.terms) > 0 {
		from = max(from, s.posted)
	}
	where := s.where(from, s.end)
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM audit_event WHERE `+where.String()+
		` LIMIT `+where.bind(most)+`) found`, where.args...).Scan(&n)
	if err != nil || len(s.terms) == 0 {
		return n, err
	}
	found := s.postings(db, l.config.PostgreSQL)
	for n < most {
		blocks, err := found.blocks(ctx)
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

// numbers are all that are found, the newest first, or nil when there are more than most: then it is no more work to read
// all events.
func (l *Ledger) numbers(ctx context.Context, db searching, s *search, most int64) ([]int64, error) {
	where := s.where(max(s.first, s.posted), s.end)
	numbers, err := readNumbers(ctx, db, `SELECT seq FROM audit_event WHERE `+where.String()+` ORDER BY seq DESC`, where.args...)
	if err != nil {
		return nil, err
	}
	found := s.postings(db, l.config.PostgreSQL)
	for {
		more, err := found.next(ctx, maxBlocks)
		if err != nil || len(more) == 0 {
			return numbers, err
		}
		if numbers = append(numbers, more...); int64(len(numbers)) > most {
			return nil, nil
		}
	}
}

func readNumbers(ctx context.Context, db searching, query string, args ...any) ([]int64, error) {
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

// Postings are read by as many blocks as this at a time: few at first, because a page needs few, then more.
const (
	minBlocks = 64
	maxBlocks = 4096
)

// block says which of its events were found.
type block struct {
	number int64
	bits   uint64
}

// numbers appends the numbers of the events, the newest first.
func (b block) numbers(to []int64) []int64 {
	for left := b.bits; left != 0; {
		i := bits.Len64(left) - 1
		left &^= 1 << i
		to = append(to, b.number*blockSize+int64(i))
	}
	return to
}

// found goes through what the postings of all terms of a search have in common, from the newest block to the oldest.
type found struct {
	db         searching
	postgresql bool
	search     *search
	terms      []term // the rarest first, once they are ordered
	oldest     int64  // block to look at
	before     int64  // blocks from here on have been looked at
	chunk      int
	ended      bool
	left       []int64 // events that were found and not given yet
}

func (s *search) postings(db searching, postgresql bool) *found {
	end := min(s.end, s.posted)
	return &found{db: db, postgresql: postgresql, search: s, terms: slices.Clone(s.terms), chunk: minBlocks,
		oldest: s.first / blockSize, before: (end + blockSize - 1) / blockSize, ended: end <= s.first}
}

// next gives the numbers of the next events, at most n. There are none when there are no more.
func (f *found) next(ctx context.Context, n int) ([]int64, error) {
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

// blocks gives the next blocks in which something was found, the newest first. There are none when there are no more.
func (f *found) blocks(ctx context.Context) ([]block, error) {
	for !f.ended {
		if err := f.order(ctx); err != nil {
			return nil, err
		}
		common, err := f.read(ctx, f.terms[0], f.chunk)
		if err != nil {
			return nil, err
		}
		if f.ended = len(common) < f.chunk; !f.ended {
			f.before = common[len(common)-1].number
		}
		f.chunk = min(2*f.chunk, maxBlocks)
		for _, t := range f.terms[1:] {
			if len(common) == 0 {
				break
			}
			if common, err = f.both(ctx, common, t); err != nil {
				return nil, err
			}
		}
		if common = f.search.within(common); len(common) > 0 {
			return common, nil
		}
	}
	return nil, nil
}

// order puts the rarest term first, because the others are looked up only where it has something. The rarest is the one
// whose newest blocks reach back furthest.
func (f *found) order(ctx context.Context) error {
	if f.chunk > minBlocks || len(f.terms) == 1 {
		return nil
	}
	reach := map[term]int64{}
	for _, t := range f.terms {
		blocks, err := f.read(ctx, t, minBlocks)
		if err != nil {
			return err
		}
		if len(blocks) < minBlocks {
			reach[t] = int64(len(blocks)) - minBlocks // it ends there
		} else {
			reach[t] = blocks[minBlocks-1].number
		}
	}
	slices.SortStableFunc(f.terms, func(a, b term) int { return cmp.Compare(reach[a], reach[b]) })
	return nil
}

const selectPostings = `SELECT block, bits FROM audit_posting WHERE ledger = $1 AND field = $2 AND value = $3`

// read reads the term's postings before those that have been looked at.
func (f *found) read(ctx context.Context, t term, n int) ([]block, error) {
	return readBlocks(ctx, f.db, selectPostings+` AND block >= $4 AND block < $5 ORDER BY block DESC LIMIT $6`,
		f.search.ledger, t.field, t.value, f.oldest, f.before, n)
}

// both leaves of the blocks what the term's postings have too.
func (f *found) both(ctx context.Context, blocks []block, t term) ([]block, error) {
	newest, oldest := blocks[0].number, blocks[len(blocks)-1].number
	query, args := selectPostings, []any{f.search.ledger, t.field, t.value}
	if newest-oldest < 4*int64(len(blocks)) { // they are close together: going along them is less than looking up each
		query, args = query+` AND block >= $4 AND block <= $5`, append(args, oldest, newest)
	} else {
		c := &conditions{args: args}
		c.amongNumbers(f.postgresql, "block", each(blocks, func(b *block) int64 { return b.number }))
		query, args = query+` AND `+c.String(), c.args
	}
	others, err := readBlocks(ctx, f.db, query, args...)
	if err != nil {
		return nil, err
	}
	has := make(map[int64]uint64, len(others))
	for _, b := range others {
		has[b.number] = b.bits
	}
	var common []block
	for _, b := range blocks {
		if b.bits &= has[b.number]; b.bits != 0 {
			common = append(common, b)
		}
	}
	return common, nil
}

// within leaves out the events of the blocks that are beyond the bounds of the search.
func (s *search) within(blocks []block) []block {
	kept := blocks[:0]
	for _, b := range blocks {
		if low := s.first - b.number*blockSize; low > 0 {
			b.bits &= math.MaxUint64 << low
		}
		if high := s.end - b.number*blockSize; high < blockSize {
			b.bits &= 1<<max(high, 0) - 1
		}
		if b.bits != 0 {
			kept = append(kept, b)
		}
	}
	return kept
}

func readBlocks(ctx context.Context, db searching, query string, args ...any) ([]block, error) {
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
