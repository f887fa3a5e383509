package audit

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// The reasons for closing a grant as unknown.
const (
	reasonNodeLost    = "node-lost"    // its process died, or showed no life for as long
	reasonNodeStopped = "node-stopped" // its process was stopped before the access had ended
	reasonEndLost     = "end-lost"     // its process lives, but could not record the end, or never learnt that it was recorded
)

// opens says whether the event begins an access that another event must end.
func opens(e *event.Event) bool {
	return e.Phase == event.PhaseGrant && e.Outcome == event.OutcomeAllow
}

// ends says whether the event ends the access that it names. A refused end ends nothing:
// the access is then orphaned, and another event closes it.
func ends(e *event.Event) bool {
	switch e.Phase {
	case event.PhaseCompleted, event.PhaseAborted, event.PhaseUnknown:
		return e.Outcome != event.OutcomeDeny
	}
	return false
}

const deleteOpen = `DELETE FROM audit_open USING unnest(CAST($1 AS text[]), CAST($2 AS text[])) AS ended (l, e)
	WHERE audit_open.ledger = ended.l AND audit_open.event = ended.e`

const deleteOneOpen = `DELETE FROM audit_open WHERE ledger = $1 AND event = $2`

// writeOpen keeps audit_open in step with a batch. An access that begins and ends in one
// batch leaves no trace in it.
func (l *Ledger) writeOpen(ctx context.Context, tx *sql.Tx, entries []entry) error {
	ended := map[Ticket]bool{}
	for i := range entries {
		if e := &entries[i].Event; ends(e) {
			ended[Ticket{e.Ledger, e.Grant}] = true
		}
	}
	var begun []entry
	for _, e := range entries {
		if t := (Ticket{e.Ledger, e.ID}); opens(&e.Event) && !ended[t] {
			begun = append(begun, e)
		} else {
			delete(ended, t)
		}
	}
	err := l.insert(ctx, tx, insertion{table: "audit_open", rows: len(begun), columns: []column{
		texts("ledger", begun, func(e *entry) string { return e.Ledger }),
		texts("event", begun, func(e *entry) string { return e.ID }),
		numbers("seq", begun, func(e *entry) int64 { return e.Seq }),
		texts("node", begun, func(e *entry) string { return e.Node }),
	}, conflict: `ON CONFLICT DO NOTHING`})
	if err != nil {
		return err
	}
	if len(ended) == 0 {
		return nil
	}
	var ledgers, grants list[string]
	for t := range ended {
		ledgers, grants = append(ledgers, t.Ledger), append(grants, t.Event)
	}
	return l.change(ctx, tx, deleteOpen, deleteOneOpen, len(grants), ledgers, grants)
}

// stale is a process with running accesses and no heartbeat for too long.
type stale struct {
	node   string
	beat   int64 // the last heartbeat
	reason string
	grants []Ticket // only these, of a process that lives; nil: all, of a process that died
}

// unknowns makes the events that close the open grants of stale nodes, except grants that
// the rows end. It is called under the sequencer's lock and with the outbox drained. So
// it knows everything that a stale node committed, and one replica closes each grant
// once.
func (l *Ledger) unknowns(ctx context.Context, tx *sql.Tx, of []stale, rows []pending) ([]pending, error) {
	if len(of) == 0 {
		return nil, nil
	}
	ended, err := endedBy(rows)
	if err != nil {
		return nil, err
	}
	var closing []pending
	for _, s := range of {
		grants, err := l.openGrants(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		for _, grant := range grants {
			if ended[Ticket{grant.Ledger, grant.ID}] {
				continue
			}
			row, _, err := l.draft(grant.Ledger, unknown(grant, s.reason))
			if err != nil {
				return nil, fmt.Errorf("closing grant %d of %s: %w", grant.Seq, grant.Ledger, err)
			}
			closing = append(closing, row)
		}
	}
	return closing, nil
}

// unknown makes the event for an access whose end is not known. It counts as if the whole
// content had left.
func unknown(grant event.Event, reason string) event.Event {
	e := grant
	e.ID, e.Occurred, e.Node, e.Request = "", time.Time{}, "", ""
	e.Phase, e.Outcome, e.Reason, e.Grant = event.PhaseUnknown, event.OutcomeError, reason, grant.ID
	e.Bytes = max(grant.Length, 0)
	return e
}

func endedBy(rows []pending) (map[Ticket]bool, error) {
	ended := map[Ticket]bool{}
	for _, row := range rows {
		e, err := row.read()
		if err != nil {
			return nil, err
		}
		if ends(&e) {
			ended[Ticket{e.Ledger, e.Grant}] = true
		}
	}
	return ended, nil
}

// openGrants reads open grants of a process that is still stale.
func (l *Ledger) openGrants(ctx context.Context, tx *sql.Tx, s stale) ([]event.Event, error) {
	if s.grants != nil {
		return l.openAmong(ctx, tx, s.grants)
	}
	return readGrants(ctx, tx, `o.node = $1 AND COALESCE((SELECT heartbeat FROM audit_node WHERE node = o.node), 0) = $2
		ORDER BY o.ledger, o.seq LIMIT $3`, s.node, s.beat, l.config.Batch)
}

// readGrants reads the open grants that meet the condition.
func readGrants(ctx context.Context, tx *sql.Tx, condition string, args ...any) ([]event.Event, error) {
	rows, err := tx.QueryContext(ctx, `SELECT e.leaf FROM audit_open o
		JOIN audit_event e ON e.ledger = o.ledger AND e.seq = o.seq WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var grants []event.Event
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return nil, err
		}
		grant, err := event.Parse(leaf)
		if err != nil {
			return nil, fmt.Errorf("%w: an open grant: %w", ErrTampered, err)
		}
		grants = append(grants, grant)
	}
	return grants, rows.Err()
}
