package audit

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/bordereau/bordereau/audit/event"
)

// Postings are what queries find events by. Sixty-four events in a row are a block; when it is full, every value that a
// field has in it gets one row of audit_posting, whose 64 bits say in which of the events. The events after the last full
// block are few, and are read as they are.
//
// An index on a column costs every event one entry, in a page of its own for every ledger: with a dozen of them, writing
// pages was most of the work of an append. A posting is written once for all the events that share the value. And filters
// combine without a planner, which knows nothing of a value: those of two are the bits that both have.

// blockSize is how many events a block has: one for each bit of a posting.
const blockSize = 64

// field numbers what is posted. The numbers are in the database, and in docs/ledger.md.
type field int64

const (
	fieldAction field = 1 + iota
	fieldKind
	fieldPhase
	fieldOutcome
	fieldReason
	fieldActor
	fieldOrganisation
	fieldRole
	fieldSite
	fieldCountry
	fieldContract
	fieldProvider
	fieldBatch
	fieldDocument
	fieldRefused // the actor, where the outcome is a refusal
)

// term is a value of a field.
type term struct {
	field field
	value string // never empty
}

// termsOf is what the event is found by.
func termsOf(e *event.Event) []term {
	terms := make([]term, 0, fieldRefused)
	for i, value := range [...]string{string(e.Action), string(e.Action.Kind()), string(e.Phase), string(e.Outcome), e.Reason, e.Actor,
		e.Organisation, e.Role, e.Site, e.Country, e.Contract, e.Provider, e.Batch, e.Document} {
		if value != "" {
			terms = append(terms, term{field(i + 1), value})
		}
	}
	if e.Outcome == event.OutcomeDeny && e.Actor != "" {
		terms = append(terms, term{fieldRefused, e.Actor})
	}
	return terms
}

// posting is a row of audit_posting.
type posting struct {
	ledger string
	term
	block int64
	bits  uint64 // bit i stands for event block × 64 + i
}

// catchUpAtOnce is how many blocks are posted at once from what is stored.
const catchUpAtOnce = 64

// unposted is how many full blocks of the ledger have no postings.
func (h *head) unposted() int64 { return h.size/blockSize - h.posted }

// catchUp are the postings of the next full blocks of a ledger that have none, of most of them. There are such blocks where
// this process did not see one begin. What cannot be read of them is left out and stops nobody but who asks for it: whoever
// verifies the database finds it.
func catchUp(ctx context.Context, tx *sql.Tx, ledger string, h *head, most int64) ([]posting, error) {
	to := h.posted + min(h.unposted(), most)
	rows, err := tx.QueryContext(ctx, `SELECT seq, leaf FROM audit_event WHERE ledger = $1 AND seq >= $2 AND seq < $3`,
		ledger, h.posted*blockSize, to*blockSize)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type place struct {
		term
		block int64
	}
	bits := map[place]uint64{}
	for rows.Next() {
		var seq int64
		var leaf []byte
		if err := rows.Scan(&seq, &leaf); err != nil {
			return nil, err
		}
		e, err := event.Parse(leaf)
		if err != nil {
			continue
		}
		for _, t := range termsOf(&e) {
			bits[place{t, seq / blockSize}] |= 1 << (seq % blockSize)
		}
	}
	list := make([]posting, 0, len(bits))
	for p, b := range bits {
		list = append(list, posting{ledger, p.term, p.block, b})
	}
	h.posted = to
	return list, rows.Err()
}

func postingRows(of []posting) insertion {
	slices.SortFunc(of, func(a, b posting) int { // as they are stored, so that as few pages as can be are written
		return cmp.Or(cmp.Compare(a.ledger, b.ledger), cmp.Compare(a.field, b.field), cmp.Compare(a.value, b.value), cmp.Compare(a.block, b.block))
	})
	return insertion{table: "audit_posting", rows: len(of), columns: []column{
		texts("ledger", of, func(p *posting) string { return p.ledger }),
		numbers("field", of, func(p *posting) int64 { return int64(p.field) }),
		texts("value", of, func(p *posting) string { return p.value }),
		numbers("block", of, func(p *posting) int64 { return p.block }),
		numbers("bits", of, func(p *posting) int64 { return int64(p.bits) }),
	}}
}

// postStored posts the next of a ledger's blocks that are stored and have no postings. Whoever lets a head say less than is
// posted gets the same rows a second time, which must not stop the ledgers.
func (l *Ledger) postStored(ctx context.Context, tx *sql.Tx, ledger string, h *head, most int64) error {
	missed, err := catchUp(ctx, tx, ledger, h, most)
	if err != nil {
		return err
	}
	rows := postingRows(missed)
	rows.conflict = `ON CONFLICT DO NOTHING`
	return l.insert(ctx, tx, rows)
}

// postMissed posts stored blocks of the ledgers that a turn goes to, not more than it has time for: the rest is left to later
// ones.
func (l *Ledger) postMissed(ctx context.Context, tx *sql.Tx, heads map[string]*head) error {
	left := int64(catchUpAtOnce)
	for ledger, h := range heads {
		most := min(h.unposted(), left)
		if most <= 0 {
			continue
		}
		if err := l.postStored(ctx, tx, ledger, h, most); err != nil {
			return err
		}
		left -= most
	}
	return nil
}

// unlimitedTime lets the statements of a PostgreSQL transaction take as long as they do.
const unlimitedTime = `SET LOCAL statement_timeout = 0`

// postAgain posts a ledger anew, some of whose events are others than they were. Of millions that takes longer than
// PostgreSQL lets an ordinary statement take.
func (l *Ledger) postAgain(ctx context.Context, tx *sql.Tx, ledger string, h *head) error {
	if l.config.PostgreSQL {
		if _, err := tx.ExecContext(ctx, unlimitedTime); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM audit_posting WHERE ledger = $1`, ledger); err != nil {
		return err
	}
	for h.posted = 0; h.unposted() > 0; {
		if err := l.postStored(ctx, tx, ledger, h, catchUpAtOnce); err != nil {
			return err
		}
	}
	return nil
}
