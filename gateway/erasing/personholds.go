package erasing

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// PersonHold is a legal hold on the events of a person in one ledger. While it stands,
// the erasable data of these events is kept, and so is the person's name.
type PersonHold struct {
	ID          choke.HoldID
	Ledger      string
	Person      choke.PersonID
	Reason      string
	PlacedBy    choke.PersonID
	LiftedBy    choke.PersonID // empty while it stands
	From, Until time.Time
}

// HoldPerson places a legal hold on the events of a person. It is a duty of the ledger's
// compliance officer. Placed again, it is the same hold.
func (er *Erasures) HoldPerson(ctx context.Context, caller choke.Caller, ledger string, person choke.PersonID, reason string) (PersonHold, error) {
	if err := choke.CheckName("reason", reason); err != nil {
		return PersonHold{}, err
	}
	var h PersonHold
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionHoldPlace,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.Event().Subject, s.Event().Private["note"] = string(person), reason
			return choke.LoadLedger(ledger, "")(ctx, tx, s)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := er.insertPersonHold(ctx, tx, s, ledger, person, reason)
			h = personHoldOf(row)
			return err
		},
	})
	return h, err
}

func (er *Erasures) insertPersonHold(ctx context.Context, tx *database.Tx, s *choke.Scene, ledger string, person choke.PersonID, reason string) (row queries.PersonHold, err error) {
	acted, err := er.ledger.Acted(ctx, tx.SQL, ledger, string(person))
	if err != nil {
		return row, err
	}
	if !acted {
		return row, choke.ErrNotFound
	}
	if err := tx.LockRetention(ctx, ledger); err != nil {
		return row, fmt.Errorf("locking retention: %w", err)
	}
	_, err = tx.InsertPersonHold(ctx, queries.InsertPersonHoldParams{ID: policy.HoldID(policy.NewID("h")), Ledger: ledger, Person: person,
		Reason: reason, PlacedBy: s.Caller().Person, ValidFrom: queries.At(s.Now())})
	if err != nil {
		return row, fmt.Errorf("inserting hold: %w", err)
	}
	return tx.StandingPersonHold(ctx, queries.StandingPersonHoldParams{Ledger: ledger, Person: person})
}

// LiftPersonHold ends a hold. It is a duty of the ledger's compliance officer.
func (er *Erasures) LiftPersonHold(ctx context.Context, caller choke.Caller, ledger string, id choke.HoldID) (PersonHold, error) {
	var h PersonHold
	read := queries.PersonHoldParams{ID: id, Ledger: ledger}
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionHoldLift,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := choke.LoadLedger(ledger, "")(ctx, tx, s); err != nil {
				return err
			}
			row, err := tx.PersonHold(ctx, read)
			s.Event().Subject = string(row.Person)
			return err
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := reconsider(ctx, tx, ledger); err != nil {
				return err
			}
			if _, err := tx.LiftPersonHold(ctx, queries.LiftPersonHoldParams{ID: id, LiftedBy: caller.Person,
				ValidUntil: queries.At(s.Now())}); err != nil {
				return fmt.Errorf("lifting hold: %w", err)
			}
			row, err := tx.PersonHold(ctx, read)
			h = personHoldOf(row)
			return err
		},
	})
	return h, err
}

// reconsider makes Retain look again at the erasable data that a hold may have kept.
func reconsider(ctx context.Context, tx *database.Tx, ledger string) error {
	if err := tx.LockRetention(ctx, ledger); err != nil {
		return fmt.Errorf("locking retention: %w", err)
	}
	if err := tx.ReconsiderRetention(ctx, ledger); err != nil {
		return fmt.Errorf("reconsidering retention: %w", err)
	}
	return nil
}

// PersonHolds lists the holds on people in a ledger by id, with those that were lifted.
func (er *Erasures) PersonHolds(ctx context.Context, caller choke.Caller, ledger string, page choke.Page) ([]PersonHold, string, error) {
	return choke.List(ctx, er.door, caller, page, choke.Listing[queries.PersonHold, PersonHold]{
		Action: policy.ActionHoldList,
		Load:   choke.LoadLedger(ledger, ""),
		Cursor: choke.ByID("h"),
		Rows: func(ctx context.Context, tx *database.Tx, _ *choke.Scene, after string, limit int32) ([]queries.PersonHold, error) {
			return tx.PersonHolds(ctx, queries.PersonHoldsParams{Ledger: ledger, After: policy.HoldID(after), Limit: limit})
		},
		After: func(row queries.PersonHold) string { return string(row.ID) },
		Item:  choke.EachShown(personHoldOf),
	})
}

func personHoldOf(row queries.PersonHold) PersonHold {
	return PersonHold{ID: row.ID, Ledger: row.Ledger, Person: row.Person, Reason: row.Reason,
		PlacedBy: row.PlacedBy, LiftedBy: row.LiftedBy, From: row.ValidFrom.Time(), Until: row.ValidUntil.Time()}
}
