package audit

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// sequence moves one batch from the outbox to the ledgers, in one transaction. It answers
// the waiting acts and returns the number of events. After an error the outcome is
// unknown: see round.
func (l *Ledger) sequence(ctx context.Context, gone []stale) (int, error) {
	n, err := l.sequenceOnce(ctx, gone)
	for errors.Is(err, errMoved) && ctx.Err() == nil { // each attempt forgets at least one head
		n, err = l.sequenceOnce(ctx, gone)
	}
	return n, err
}

func (l *Ledger) sequenceOnce(ctx context.Context, gone []stale) (int, error) {
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("beginning a round: %w", err)
	}
	// After a commit this does nothing. An empty round ends with it, because a commit
	// would cost a write to disk.
	defer tx.Rollback()
	b, err := l.sequenceIn(ctx, tx, gone)
	if err != nil || len(b.entries) == 0 {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("committing events: %w", err)
	}
	l.committed(b)
	return len(b.entries), nil
}

// committed answers the acts that wait for events of the batch.
func (l *Ledger) committed(b *batch) {
	l.memory.keep(b)
	l.waiters.acknowledge(b.places())
	l.config.Observer.Sequenced(len(b.entries))
}

// sequenceIn is sequence without the commit.
//
// The lock comes first and draining the outbox after it. So the batch of a replica grows
// while it waits for the lock, and each replica sees everything that the others
// committed. Nothing in here waits for anything but the database.
func (l *Ledger) sequenceIn(ctx context.Context, tx *sql.Tx, gone []stale) (*batch, error) {
	round, err := l.lock(ctx, tx)
	if err != nil {
		return nil, err
	}
	// The queue is read before the outbox. So an event that was appended after an act
	// committed comes after that act's event, which is drained here at the latest.
	queued := l.queue.first(l.config.Batch)
	rows, err := drainOutbox(ctx, tx, l.config.Batch)
	if err != nil {
		return nil, fmt.Errorf("draining the outbox: %w", err)
	}
	queued = queued[:min(len(queued), l.config.Batch-len(rows))]
	rows = append(rows, queued...)
	if len(rows) < l.config.Batch { // else the outbox may hold more, among it ends of the accesses to close
		closing, err := l.unknowns(ctx, tx, gone, rows)
		if err != nil {
			return nil, fmt.Errorf("looking for open grants: %w", err)
		}
		rows = append(rows, closing...)
	}
	if len(rows) == 0 {
		return &batch{}, nil
	}
	b, err := l.place(ctx, tx, round, rows)
	if err != nil {
		return nil, fmt.Errorf("placing events: %w", err)
	}
	if err := l.write(ctx, tx, b); err != nil {
		return nil, err
	}
	if err := l.writeOpen(ctx, tx, b.entries); err != nil {
		return nil, fmt.Errorf("writing open grants: %w", err)
	}
	// An appended event gets one attempt: after a commit with an unknown outcome, a
	// second attempt could record it twice.
	l.queue.drop(len(queued))
	return b, nil
}

// drainOutbox takes the oldest rows out of the outbox.
func drainOutbox(ctx context.Context, tx *sql.Tx, limit int) ([]pending, error) {
	deleted, err := tx.QueryContext(ctx, `DELETE FROM audit_outbox WHERE id IN (SELECT id FROM audit_outbox ORDER BY id LIMIT $1)
		RETURNING id, ledger, body, priv, priv_salt`, limit)
	if err != nil {
		return nil, err
	}
	defer deleted.Close()
	var rows []pending
	for deleted.Next() {
		var row pending
		if err := deleted.Scan(&row.id, &row.ledger, &row.body, &row.clear, &row.salt); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	// Neither engine promises an order of the returned rows.
	slices.SortFunc(rows, func(a, b pending) int { return cmp.Compare(a.id, b.id) })
	return rows, deleted.Err()
}

// place puts the rows after the heads of their ledgers.
func (l *Ledger) place(ctx context.Context, tx *sql.Tx, round int64, rows []pending) (*batch, error) {
	heads, err := l.headsFor(ctx, tx, round, rows)
	if err != nil {
		return nil, err
	}
	b := &batch{round: round, heads: heads, entries: make([]entry, 0, len(rows))}
	now := l.config.Clock()
	for _, row := range rows {
		if err := b.add(row, now); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// headsFor returns the heads of the rows' ledgers, from memory or else from the database.
func (l *Ledger) headsFor(ctx context.Context, tx *sql.Tx, round int64, rows []pending) (map[string]*head, error) {
	heads := map[string]*head{}
	for i := range rows {
		heads[rows[i].ledger] = nil
	}
	l.memory.take(round, heads)
	var unknown []string
	for ledger, h := range heads {
		if h == nil || !h.current {
			unknown = append(unknown, ledger)
		}
	}
	if len(unknown) == 0 {
		return heads, nil
	}
	read, err := l.readHeads(ctx, tx, unknown)
	if err != nil {
		return nil, err
	}
	for ledger, h := range read {
		if former := heads[ledger]; former != nil && former.at(h) {
			h.tail = former.tail
		}
		heads[ledger] = h
	}
	return heads, nil
}

// readHeads reads the heads of the ledgers. A ledger without one begins here.
func (l *Ledger) readHeads(ctx context.Context, tx *sql.Tx, ledgers []string) (map[string]*head, error) {
	heads := map[string]*head{}
	for _, ledger := range ledgers {
		heads[ledger] = &head{}
	}
	rows, err := l.headsOf(ctx, tx, ledgers)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var ledger string
		var h head
		var stored []byte
		if err := rows.Scan(&ledger, &h.size, &stored, &h.last, &h.indexed); err != nil {
			return nil, err
		}
		if h.compact, err = parseCompactRange(h.size, stored); err != nil {
			return nil, fmt.Errorf("head of %s: %w", ledger, err)
		}
		heads[ledger] = &h
	}
	return heads, rows.Err()
}

const (
	headQuery = `SELECT h.ledger, h.size, h.compact_range, h.last_ts, h.indexed FROM `
	// A join, because PostgreSQL compares each row of a table this small with each name
	// that ANY has.
	headsByArray = headQuery + `unnest(CAST($1 AS text[])) AS wanted (ledger) JOIN audit_head h ON h.ledger = wanted.ledger`
	// An array in JSON, so that one compiled statement serves any number of names.
	headsByJSON = headQuery + `json_each($1) AS wanted CROSS JOIN audit_head h ON h.ledger = wanted.value`
)

func (l *Ledger) headsOf(ctx context.Context, tx *sql.Tx, ledgers []string) (*sql.Rows, error) {
	if l.config.PostgreSQL {
		return tx.QueryContext(ctx, headsByArray, ledgers)
	}
	names, err := json.Marshal(ledgers)
	if err != nil {
		return nil, err
	}
	return tx.QueryContext(ctx, headsByJSON, string(names))
}

// lookUp finds the events that have been sequenced. They are durable: both engines show a
// commit to others only after it is on disk.
func (l *Ledger) lookUp(ctx context.Context, tickets []Ticket) (map[Ticket]int64, error) {
	ids := make([]string, len(tickets))
	for i, t := range tickets {
		ids[i] = t.Event
	}
	condition, args := l.oneOf("event", ids)
	rows, err := l.config.Reader.QueryContext(ctx, `SELECT ledger, event, seq FROM audit_event WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	durable := map[Ticket]int64{}
	for rows.Next() {
		var t Ticket
		var seq int64
		if err := rows.Scan(&t.Ledger, &t.Event, &seq); err != nil {
			return nil, err
		}
		durable[t] = seq
	}
	return durable, rows.Err()
}
