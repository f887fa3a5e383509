package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
)

// After a restore the database holds less than was published, and whoever saw what it
// lost could hold it against everything that comes next under the same name. So the
// ledger goes on in a new epoch: the database gets back what was published, the tree
// grows on from there, and its checkpoints have a new name. Because it is the same tree,
// every number and every proof of what was published holds as before, and a consistency
// proof leads from one epoch into the next.

// ErrNotBehind says that the database holds all that was published, so that no epoch
// needs to begin.
var ErrNotBehind = errors.New("the database holds all that was published")

// ErrDiffers says that the database holds other events than were published, and not only
// fewer.
var ErrDiffers = errors.New("the database holds other events than were published")

// History is a ledger as it was published last.
type History struct {
	Epoch int64 // of its newest checkpoint
	Size  int64
	Root  tlog.Hash

	// Bundle gives width leaves from 256 × index on. They are not trusted: together they
	// must have the root.
	Bundle func(ctx context.Context, index int64, width int) ([][]byte, error)
}

// Beginning is what BeginEpoch is to do.
type Beginning struct {
	Ledger  string
	History History

	// Differing allows to go on although the database holds other events than were
	// published. They are set aside, and recorded again in the new epoch.
	Differing bool

	Event event.Event  // who does it, when and why; the ledger fills in what is done
	Note  *event.Event // staged in the operator's ledger together with it, where that is another one

	Progress func(done, total int64) // is told how many events were compared; may be nil
}

// Continuation is what BeginEpoch did.
type Continuation struct {
	Ledger        string `json:"ledger"`
	Epoch         int64  `json:"epoch"`
	Begins        int64  `json:"begins"`    // with this event: all before it are those that were published
	Held          int64  `json:"held"`      // events that the database held
	Imported      int64  `json:"imported"`  // from what was published, without their erasable halves
	SetAside      int64  `json:"set_aside"` // events that the database held in the place of others
	RecordedAgain int64  `json:"recorded_again"`
}

// BeginEpoch completes a ledger with what was published of it and begins a new epoch
// after that, in one transaction: it happened or it did not, and may be tried again. No
// other process may work on the database meanwhile, because each knows a ledger's name
// since it was started.
//
// What was published is verified against its checkpoint before anything stays.
// ErrNotBehind where nothing is missing.
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
	// An epoch is the way on from a halt too: what the ledgers were halted for is what it
	// takes over. Whoever serves next compares all of them with what is published, and
	// halts again where another one differs.
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
// in line behind it.
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
	if err := l.insert(ctx, i.tx, headRows(placed.heads)); err != nil {
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

// checkEpoch refuses a history that says to be of another epoch than its events are: the
// next one would not follow on it.
func (i *importing) checkEpoch(ctx context.Context) error {
	epoch := int64(1)
	var subject string
	err := i.tx.QueryRowContext(ctx, `SELECT subject FROM audit_control_event WHERE ledger = $1 AND action = $2 ORDER BY seq DESC LIMIT 1`,
		i.beginning.Ledger, event.ActionEpoch).Scan(&subject)
	if err == nil {
		var mark event.EpochChange
		mark, err = event.ParseEpochChange(subject)
		epoch = mark.Epoch
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if said := i.beginning.History.Epoch; said != epoch {
		return fmt.Errorf("%w: the published checkpoint is of epoch %d, and its events of epoch %d", ErrTampered, said, epoch)
	}
	return nil
}

// write inserts events with their marks.
func (i *importing) write(ctx context.Context, entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := i.ledger.insert(ctx, i.tx, eventRows(entries)); err != nil {
		return err
	}
	return i.ledger.writeControlEvents(ctx, i.tx, entries)
}

// writeOpen writes anew which accesses have not ended.
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

// recordAgain stages what was set aside and is not among what was published, with what
// the backup held staged already in its place. Both may have been published: then they
// are in the ledger, and what they have is the erasable data.
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

// again says whether an event has to be recorded again. Not when it is in the ledger:
// then that one is given the erasable data. Nor when it tells the end of an access whose
// end the ledger tells already, nor when it is about the ledger's own name or key:
// neither would be true any more.
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
		told := ended && ends(&e) && (phase != event.PhaseUnknown || e.Phase == event.PhaseUnknown)
		return !told && !e.Action.IsControl(), nil
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
