// Package schema holds what the writing and the asking side of the ledger share about its
// tables: the columns of an event, the fields of its index, and the check of a row
// against its leaf.
package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
)

// Errors that callers of both sides tell apart.
var (
	// ErrTampered says that stored rows contradict each other. No writer leaves them so.
	ErrTampered = errors.New("ledger tampered with")
	// ErrQuery says that a question is malformed.
	ErrQuery = errors.New("invalid audit query")
	// ErrAbsent says that a ledger has no such event, tile or size.
	ErrAbsent = errors.New("not in the ledger")
)

// Queryer reads: a database, or a transaction.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Checked returns the event of a row, with its erasable data unless that was erased. It
// fails with ErrTampered when the row and its leaf disagree.
func Checked(ledger string, seq int64, leaf []byte, clear sql.NullString, salt []byte) (event.Event, error) {
	e, err := event.Parse(leaf)
	if err != nil {
		return event.Event{}, fmt.Errorf("%w: event %d of %s: %w", ErrTampered, seq, ledger, err)
	}
	if e.Ledger != ledger || e.Seq != seq {
		return event.Event{}, fmt.Errorf("%w: event %d of %s is in another's place", ErrTampered, seq, ledger)
	}
	if !clear.Valid {
		return e, nil
	}
	opening := event.Opening{Clear: clear.String, Salt: salt}
	if !opening.Check(e.Commitment) {
		return event.Event{}, fmt.Errorf("%w: erasable data of event %d of %s", ErrTampered, seq, ledger)
	}
	e.Private, err = opening.Private()
	return e, err
}
