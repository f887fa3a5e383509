package ask

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// Stored is an event as it is stored, for callers that pass it on together with its
// proof.
type Stored struct {
	Event   event.Event    // with its erasable data unless that was erased
	Leaf    []byte         // byte for byte as the tree has it
	Opening *event.Opening // of the erasable data; nil when the event never had any, or it was erased
}

const selectStored = `SELECT seq, leaf, priv, priv_salt FROM audit_event WHERE ledger = $1 AND `

// Stored returns events of a ledger by their numbers, in the given order. It fails with
// schema.ErrTampered when an event is missing, or when its row contradicts its leaf.
func (a *Asker) Stored(ctx context.Context, ledger string, seqs []int64) ([]Stored, error) {
	list := make([]Stored, 0, len(seqs))
	for _, seq := range seqs {
		s, err := scanStored(a.db.QueryRowContext(ctx, selectStored+`seq = $2`, ledger, seq), ledger)
		if errors.Is(err, sql.ErrNoRows) {
			err = fmt.Errorf("%w: event %d of %s is missing", schema.ErrTampered, seq, ledger)
		}
		if err != nil {
			return nil, fmt.Errorf("reading stored events: %w", err)
		}
		list = append(list, s)
	}
	return list, nil
}

// StoredByID returns the event with an id; schema.ErrAbsent when the ledger has none.
func (a *Asker) StoredByID(ctx context.Context, ledger, id string) (Stored, error) {
	s, err := scanStored(a.db.QueryRowContext(ctx, selectStored+`event = $2`, ledger, id), ledger)
	if errors.Is(err, sql.ErrNoRows) {
		return Stored{}, fmt.Errorf("%w: event", schema.ErrAbsent)
	}
	if err != nil {
		return Stored{}, fmt.Errorf("reading stored event: %w", err)
	}
	return s, nil
}

func scanStored(row *sql.Row, ledger string) (Stored, error) {
	var seq int64
	var leaf, salt []byte
	var clear sql.NullString
	if err := row.Scan(&seq, &leaf, &clear, &salt); err != nil {
		return Stored{}, err
	}
	e, err := schema.Checked(ledger, seq, leaf, clear, salt)
	s := Stored{Event: e, Leaf: leaf}
	if clear.Valid {
		s.Opening = &event.Opening{Clear: clear.String, Salt: salt}
	}
	return s, err
}
