package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// maxHaltReason is how much of a reason is kept, in bytes.
const maxHaltReason = 1000

// Halt stops the ledgers of the database until Resume: nothing is sequenced or
// acknowledged any more, and Wait and Append fail with ErrUnavailable. A process calls it
// when the database's history is not the published one, because every further event would
// be signed into a second history. Only the first reason is kept.
//
// It acts at once in this process. The database stores it, so every other process meets
// it at its next round or heartbeat, and after a restart. Only Resume takes it back.
func (l *Ledger) Halt(reason error) {
	l.haltHere(reason)
	ctx, cancel := context.WithTimeout(context.Background(), roundTimeout)
	defer cancel()
	if err := l.keepHalt(ctx); err != nil {
		l.config.Logger.Error("storing the halt of the ledgers; the next heartbeat tries again", "error", err)
	}
}

func (l *Ledger) haltHere(reason error) {
	l.halting.Do(func() {
		l.haltReason = reason
		close(l.halted)
		l.config.Logger.Error("ledger halted: nothing is recorded and nothing is released any more", "error", reason)
	})
}

// keepHalt stores the reason of the halt for all processes, unless a reason is stored
// already.
func (l *Ledger) keepHalt(ctx context.Context) error {
	reason := l.Halted().Error()
	reason = strings.ToValidUTF8(strings.ReplaceAll(reason[:min(len(reason), maxHaltReason)], "\x00", ""), "")
	_, err := l.config.Writer.ExecContext(ctx, `UPDATE audit_sequencer SET halt = $1, halt_node = $2, halt_ts = $3 WHERE halt IS NULL`,
		reason, l.node, l.config.Clock().UnixMicro())
	if err == nil {
		l.haltKept.Store(true)
	}
	return err
}

// Halted is the reason of the halt as far as this process knows; nil when there is none.
func (l *Ledger) Halted() error {
	select {
	case <-l.halted:
		return l.haltReason
	default:
		return nil
	}
}

// LookHalted is Halted after a look into the database: another process, or an earlier run
// of this one, may have halted the ledgers. err says that the look failed.
func (l *Ledger) LookHalted(ctx context.Context) (reason, err error) {
	if l.Halted() == nil {
		err = l.readHalt(ctx, l.config.Reader)
	}
	return l.Halted(), err
}

// readHalt halts this process when the database says that the ledgers are halted.
func (l *Ledger) readHalt(ctx context.Context, db schema.Queryer) error {
	var reason, node string
	var at int64
	err := db.QueryRowContext(ctx, `SELECT halt, halt_node, halt_ts FROM audit_sequencer WHERE halt IS NOT NULL`).Scan(&reason, &node, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking whether the ledgers are halted: %w", err)
	}
	l.haltKept.Store(true)
	l.haltHere(fmt.Errorf("halted by %s on %s: %s", node, time.UnixMicro(at).UTC().Format(time.RFC3339), reason))
	return nil
}

// tickHalt stores a halt that could not be stored before, or reads one of another
// process.
func (l *Ledger) tickHalt(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	if l.Halted() == nil {
		return l.readHalt(ctx, l.config.Reader)
	}
	if l.haltKept.Load() {
		return nil
	}
	if err := l.keepHalt(ctx); err != nil {
		return fmt.Errorf("storing the halt of the ledgers: %w", err)
	}
	return nil
}

const (
	takeRound = `UPDATE audit_sequencer SET round = round + 1 WHERE halt IS NULL RETURNING round`
	// In a round nothing is waited for between two statements. So a session that stands
	// still has a process that does: the server ends it, and another process goes on. The
	// statement sets this for its transaction, because a statement more would be a trip
	// more to the server. Milliseconds.
	takeRoundBriefly = takeRound + ` + 0 * length(set_config('idle_in_transaction_session_timeout', '3000', true))`
)

// lock takes the sequencer's row until the transaction ends, and returns the number of
// the round. It fails when the ledgers are halted. The condition is on the locked row, so
// a halt comes before the round or after it.
func (l *Ledger) lock(ctx context.Context, tx *sql.Tx) (round int64, err error) {
	statement := takeRound
	if l.config.PostgreSQL {
		statement = takeRoundBriefly
	}
	err = tx.QueryRowContext(ctx, statement).Scan(&round)
	if err == nil {
		return round, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("locking the sequencer: %w", err)
	}
	if err := l.readHalt(ctx, tx); err != nil {
		return 0, err
	}
	return 0, errHalted
}

// lockOnce is lock for work that is allowed while the ledgers are halted.
func lockOnce(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `UPDATE audit_sequencer SET round = round + 1`); err != nil {
		return fmt.Errorf("locking the sequencer: %w", err)
	}
	return nil
}

// ErrNotHalted says that there is nothing to resume.
var ErrNotHalted = errors.New("the ledgers are not halted")

// Resume takes a halt back, and puts the event that records this into the operator's
// outbox in the same transaction. The caller has verified that the reason of the halt is
// gone. Processes that know of the halt have to be started again, this one too.
func (l *Ledger) Resume(ctx context.Context, e event.Event) (Ticket, error) {
	ticket, err := l.resume(ctx, e)
	if err != nil {
		return Ticket{}, fmt.Errorf("resuming the ledgers: %w", err)
	}
	return ticket, nil
}

func (l *Ledger) resume(ctx context.Context, e event.Event) (Ticket, error) {
	row, ticket, err := l.draft(event.Operator, e)
	if err != nil {
		return Ticket{}, err
	}
	tx, err := l.config.Writer.BeginTx(ctx, nil)
	if err != nil {
		return Ticket{}, err
	}
	defer tx.Rollback()
	taken, err := tx.ExecContext(ctx, `UPDATE audit_sequencer SET halt = NULL, halt_node = NULL, halt_ts = NULL WHERE halt IS NOT NULL`)
	if err != nil {
		return Ticket{}, err
	}
	if n, err := taken.RowsAffected(); err != nil || n == 0 {
		return Ticket{}, errors.Join(err, ErrNotHalted)
	}
	if _, err := tx.ExecContext(ctx, l.outboxStatement(), row.ledger, row.body, row.clear, row.salt); err != nil {
		return Ticket{}, err
	}
	return ticket, tx.Commit()
}

var errHalted = errors.New("ledger halted")

// refuseHalted fails with ErrUnavailable after Halt.
func (l *Ledger) refuseHalted() error {
	if l.Halted() != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, errHalted)
	}
	return nil
}
