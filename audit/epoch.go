package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
)

// After a restore the database holds less than was published. A reader who saw the lost
// events could prove two histories under the same name. So the ledger goes on in a new
// epoch: the database imports the published events, the tree grows on from there, and its
// checkpoints have a new name. The tree is the same, so every published number and proof
// holds as before, and a consistency proof leads from one epoch into the next.

// ErrNotBehind says that the database holds all published events, so no epoch needs to
// begin.
var ErrNotBehind = errors.New("the database holds all that was published")

// ErrDiffers says that the database holds other events than the published ones, and not
// only fewer.
var ErrDiffers = errors.New("the database holds other events than were published")

// History is the last published state of a ledger.
type History struct {
	Epoch int64 // of its newest checkpoint
	Size  int64
	Root  tlog.Hash

	// Bundle returns width leaves from 256 × index on. They are not trusted: the root
	// over all of them must be Root.
	Bundle func(ctx context.Context, index int64, width int) ([][]byte, error)
}

// Beginning is the order to BeginEpoch.
type Beginning struct {
	Ledger  string
	History History

	// Differing allows the epoch to begin although the database holds other events than
	// the published ones. These are set aside, and recorded again in the new epoch.
	Differing bool

	Event event.Event  // who begins the epoch, when and why; the ledger fills in the rest
	Note  *event.Event // recorded in the operator's ledger in the same transaction, unless Ledger is that ledger

	Progress func(done, total int64) // called with the number of events compared; may be nil
}

// Continuation is the result of BeginEpoch.
type Continuation struct {
	Ledger        string `json:"ledger"`
	Epoch         int64  `json:"epoch"`
	Begins        int64  `json:"begins"`    // number of the first event of the epoch; all before it are the published ones
	Held          int64  `json:"held"`      // events that the database held
	Imported      int64  `json:"imported"`  // from the published ledger, without their erasable data
	SetAside      int64  `json:"set_aside"` // events that the database held in the place of others
	RecordedAgain int64  `json:"recorded_again"`
}

// BeginEpoch imports the published events that a ledger lacks and begins a new epoch
// after them, in one transaction. After a failure it may be tried again. No other process
// may work on the database meanwhile, because each reads a ledger's name only when it
// starts.
//
// The published events are verified against their checkpoint before the commit. It fails
// with ErrNotBehind when nothing is missing.
func (l *Ledger) BeginEpoch(ctx context.Context, b Beginning) (Continuation, error) {
	done, err := l.beginEpoch(ctx, b)
	if err != nil {
		return Continuation{}, fmt.Errorf("beginning an epoch of %s: %w", b.Ledger, err)
	}
	if err := l.loadHistories(ctx, l.histories.signingKey()); err != nil {
		return Continuation{}, fmt.Errorf("beginning an epoch of %s: %w", b.Ledger, err)
	}
	return done, nil
}

func (l *Ledger) beginEpoch(ctx context.Context, b Beginning) (Continuation, error) {
	if !event.ValidLedger(b.Ledger) {
		return Continuation{}, fmt.Errorf("%w: ledger", ErrQuery)
	}
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return Continuation{}, err
	}
	defer tx.Rollback()
	// An epoch also ends a halt, because it takes over the history that the ledgers were
	// halted for. A gateway that starts next compares all ledgers with what is published,
	// and halts again where another one differs.
	if _, err := tx.ExecContext(ctx, `UPDATE audit_sequencer SET round = round + 1, halt = NULL, halt_node = NULL, halt_ts = NULL`); err != nil {
		return Continuation{}, fmt.Errorf("locking the sequencer: %w", err)
	}
	i := &importing{ledger: l, tx: tx, beginning: b, ended: map[string]event.Phase{}, open: map[string]entry{}}
	err = withTriggersDown(ctx, tx, l.config.PostgreSQL, func() error {
		if err := i.run(ctx); err != nil {
			return err
		}
		if err := i.begin(ctx); err != nil {
			return fmt.Errorf("writing the beginning: %w", err)
		}
		return nil
	})
	if err != nil {
		return Continuation{}, err
	}
	if b.Note != nil && b.Ledger != event.Operator {
		if _, err := l.Stage(ctx, tx, event.Operator, *b.Note); err != nil {
			return Continuation{}, err
		}
	}
	return i.done, tx.Commit()
}

// begin places the event that begins the epoch, and puts the events that were set aside
// into the outbox behind it.
func (i *importing) begin(ctx context.Context) error {
	b, l := i.beginning, i.ledger
	if err := i.checkEpoch(ctx); err != nil {
		return err
	}
	e := b.Event
	e.Phase, e.Action, e.Outcome, e.Reason = event.PhaseState, event.ActionEpoch, event.OutcomeAllow, "rollback"
	if i.done.SetAside > 0 {
		e.Reason = "fork"
	}
	e.Subject = event.EpochChange{Epoch: i.done.Epoch, Former: b.History.Epoch, Size: b.History.Size, Root: b.History.Root}.String()
	row, _, err := l.complete(b.Ledger, e)
	if err != nil {
		return err
	}
	placed := &batch{heads: map[string]*head{b.Ledger: &i.head}}
	if err := placed.add(row, l.config.Clock()); err != nil {
		return err
	}
	if err := i.write(ctx, placed.entries); err != nil {
		return err
	}
	if err := l.insert(ctx, i.tx, headRows([]namedHead{{b.Ledger, &i.head}})); err != nil {
		return err
	}
	if err := l.dropIndex(ctx, i.tx, b.Ledger); err != nil {
		return err
	}
	if err := i.writeOpen(ctx); err != nil {
		return err
	}
	return i.recordAgain(ctx)
}

// checkEpoch refuses a history whose checkpoint names another epoch than its events do:
// the next epoch would not follow on it.
func (i *importing) checkEpoch(ctx context.Context) error {
	epoch := int64(1)
	var subject string
	err := i.tx.QueryRowContext(ctx, `SELECT subject FROM audit_control_event WHERE ledger = $1 AND action = $2 ORDER BY seq DESC LIMIT 1`,
		i.beginning.Ledger, event.ActionEpoch).Scan(&subject)
	if err == nil {
		var change event.EpochChange
		change, err = event.ParseEpochChange(subject)
		epoch = change.Epoch
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if said := i.beginning.History.Epoch; said != epoch {
		return fmt.Errorf("%w: the published checkpoint is of epoch %d, and its events of epoch %d", ErrTampered, said, epoch)
	}
	return nil
}

// write inserts events, and copies the control events among them.
func (i *importing) write(ctx context.Context, entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := i.ledger.insert(ctx, i.tx, eventRows(entries)); err != nil {
		return err
	}
	return i.ledger.writeControlEvents(ctx, i.tx, entries)
}

// writeOpen replaces the list of accesses that have not ended.
func (i *importing) writeOpen(ctx context.Context) error {
	if _, err := i.tx.ExecContext(ctx, `DELETE FROM audit_open WHERE ledger = $1`, i.beginning.Ledger); err != nil {
		return err
	}
	open := make([]entry, 0, len(i.open))
	for _, e := range i.open {
		open = append(open, e)
	}
	return i.ledger.writeOpen(ctx, i.tx, open)
}

// recordAgain puts the events that were set aside into the outbox, before those that the
// backup held there. An event of either kind may have been published. Then it is in the
// ledger already, and only its erasable data is taken.
func (i *importing) recordAgain(ctx context.Context) error {
	waiting, err := i.takeOutbox(ctx)
	if err != nil {
		return err
	}
	for n, row := range append(i.forked, waiting...) {
		again, err := i.again(ctx, row)
		if err != nil {
			return err
		}
		if !again {
			continue
		}
		if _, err := i.tx.ExecContext(ctx, i.ledger.outboxStatement(), row.ledger, row.body, row.clear, row.salt); err != nil {
			return err
		}
		if n < len(i.forked) {
			i.done.RecordedAgain++
		}
	}
	return nil
}

// takeOutbox takes the ledger's rows out of the outbox.
func (i *importing) takeOutbox(ctx context.Context) ([]pending, error) {
	rows, err := i.tx.QueryContext(ctx, `SELECT id, ledger, body, priv, priv_salt FROM audit_outbox WHERE ledger = $1 ORDER BY id`, i.beginning.Ledger)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var taken []pending
	for rows.Next() {
		var row pending
		if err := rows.Scan(&row.id, &row.ledger, &row.body, &row.clear, &row.salt); err != nil {
			return nil, err
		}
		taken = append(taken, row)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	_, err = i.tx.ExecContext(ctx, `DELETE FROM audit_outbox WHERE ledger = $1`, i.beginning.Ledger)
	return taken, err
}

// again says whether an event has to be recorded again. An event that is in the ledger is
// not: its row gets the erasable data. Nor is the end of an access whose end the ledger
// has already, nor a control event: neither would be true any more.
func (i *importing) again(ctx context.Context, row pending) (bool, error) {
	e, err := event.Parse(row.body)
	if err != nil {
		return false, fmt.Errorf("%w: an event in the outbox: %w", ErrTampered, err)
	}
	var seq int64
	var leaf []byte
	err = i.tx.QueryRowContext(ctx, `SELECT seq, leaf FROM audit_event WHERE ledger = $1 AND event = $2 AND seq < $3`, e.Ledger, e.ID, i.head.size).
		Scan(&seq, &leaf)
	if errors.Is(err, sql.ErrNoRows) {
		phase, ended := i.ended[e.Grant]
		known := ended && ends(&e) && (phase != event.PhaseUnknown || e.Phase == event.PhaseUnknown)
		return !known && !e.Action.IsControl(), nil
	}
	if err != nil || row.clear == nil {
		return false, err
	}
	kept, err := event.Parse(leaf)
	if err != nil || !(event.Opening{Clear: *row.clear, Salt: row.salt}).Check(kept.Commitment) {
		return false, err
	}
	_, err = i.tx.ExecContext(ctx, `UPDATE audit_event SET priv = $1, priv_salt = $2 WHERE ledger = $3 AND seq = $4 AND priv IS NULL`,
		row.clear, row.salt, e.Ledger, seq)
	return false, err
}
