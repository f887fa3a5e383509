package erasing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// PersonErasureState is how far the erasure of a person's erasable data has come.
type PersonErasureState string

// The states. A running erasure waits for data that a floor or a hold still keeps.
const (
	PersonErasureProposed PersonErasureState = "proposed" // not decided yet by a second person
	PersonErasureRunning  PersonErasureState = "running"  // decided, and some data is left
	PersonErasureDone     PersonErasureState = "done"     // no data from before the decision is left
)

// PersonErasure erases, at a person's request, the erasable data of their events in one
// ledger.
type PersonErasure struct {
	ID         choke.ErasureID
	Ledger     string
	Person     choke.PersonID
	State      PersonErasureState
	Reason     string
	ProposedBy choke.PersonID
	DecidedBy  choke.PersonID // empty while proposed
	Proposed   time.Time
	Decided    time.Time // zero while proposed
	Finished   time.Time // zero until done
	Halves     int64     // events whose data was erased so far
}

// ProposePersonErasure proposes to erase the erasable data of a person's events:
// addresses, user agents and everything else that is personal in them. It is a duty of a
// compliance officer other than the person. Repeated, it is the same proposal.
func (er *Erasures) ProposePersonErasure(ctx context.Context, caller choke.Caller, ledger string, person choke.PersonID, reason string) (PersonErasure, error) {
	if err := choke.CheckName("reason", reason); err != nil {
		return PersonErasure{}, err
	}
	var p PersonErasure
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionPrivacyPropose,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.Event().Subject, s.Event().Private["note"] = string(person), reason
			s.Facts().Subject = &policy.Subject{Person: person}
			return choke.LoadLedger(ledger, "")(ctx, tx, s)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := er.proposePersonErasure(ctx, tx, s, ledger, person, reason)
			p = personErasureOf(row)
			return err
		},
	})
	return p, err
}

func (er *Erasures) proposePersonErasure(ctx context.Context, tx *database.Tx, s *choke.Scene, ledger string, person choke.PersonID, reason string) (row queries.PersonErasure, err error) {
	acted, err := er.ledger.Acted(ctx, tx.SQL, ledger, string(person))
	if err != nil {
		return row, err
	}
	if !acted {
		return row, choke.ErrNotFound
	}
	_, err = tx.InsertPersonErasure(ctx, queries.InsertPersonErasureParams{ID: policy.ErasureID(policy.NewID("x")), Ledger: ledger, Person: person,
		Reason: reason, ProposedBy: s.Caller().Person, Proposed: queries.At(s.Now())})
	if err != nil {
		return row, fmt.Errorf("inserting person erasure: %w", err)
	}
	row, err = tx.UnfinishedPersonErasure(ctx, queries.UnfinishedPersonErasureParams{Ledger: ledger, Person: person})
	if err == nil && row.ProposedBy != s.Caller().Person {
		return row, &choke.Conflict{Kind: choke.ConflictState, Detail: "an erasure of the person is proposed or running: " + string(row.ID)}
	}
	return row, err
}

// ApprovePersonErasure decides the erasure and executes it. It is a duty of a compliance
// officer or a contract manager who neither proposed it nor is the person. Repeated, it
// is the same erasure.
func (er *Erasures) ApprovePersonErasure(ctx context.Context, caller choke.Caller, ledger string, id choke.ErasureID) (PersonErasure, error) {
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionPrivacyErase,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := choke.LoadLedger(ledger, "")(ctx, tx, s); err != nil {
				return err
			}
			row, err := tx.PersonErasureForChange(ctx, queries.PersonErasureForChangeParams{ID: id, Ledger: ledger})
			if err != nil {
				return err
			}
			s.Event().Subject = string(row.Person)
			s.Facts().Proposal = &policy.Proposal{By: row.ProposedBy}
			s.Facts().Subject = &policy.Subject{Person: row.Person}
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			_, err := tx.DecidePersonErasure(ctx, queries.DecidePersonErasureParams{ID: id, DecidedBy: caller.Person,
				Decided: queries.At(s.Now())})
			return err
		},
	})
	if err != nil {
		return PersonErasure{}, err
	}
	row, err := er.personErasureRow(ctx, ledger, id)
	if err == nil && row.Finished == 0 {
		limited, cancel := context.WithTimeout(ctx, waitForErasure)
		defer cancel()
		if err = er.erasePerson(limited, row); err != nil && limited.Err() != nil && ctx.Err() == nil {
			err = nil // it runs, and Retain goes on with it
		}
		if err == nil {
			row, err = er.personErasureRow(ctx, ledger, id)
		}
	}
	return personErasureOf(row), choke.Unavailable(err)
}

// PersonErasure gives the record of an erasure. It is a duty of the ledger's compliance
// officers, contract managers and auditors.
func (er *Erasures) PersonErasure(ctx context.Context, caller choke.Caller, ledger string, id choke.ErasureID) (PersonErasure, error) {
	var p PersonErasure
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionPrivacyRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := choke.LoadLedger(ledger, "")(ctx, tx, s); err != nil {
				return err
			}
			row, err := tx.PersonErasure(ctx, queries.PersonErasureParams{ID: id, Ledger: ledger})
			p, s.Event().Subject = personErasureOf(row), string(row.Person)
			return err
		},
	})
	if err != nil {
		return PersonErasure{}, err
	}
	return p, nil
}

func (er *Erasures) personErasureRow(ctx context.Context, ledger string, id choke.ErasureID) (row queries.PersonErasure, err error) {
	err = er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err = tx.PersonErasure(ctx, queries.PersonErasureParams{ID: id, Ledger: ledger})
		return err
	})
	return row, err
}

// continuePersonErasures goes on with the erasures that were decided. A floor or a hold
// may have ended.
func (er *Erasures) continuePersonErasures(ctx context.Context) error {
	var failed error
	for after := ""; ; {
		var rows []queries.PersonErasure
		err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			rows, err = tx.UnfinishedPersonErasures(ctx, policy.ErasureID(after))
			return err
		})
		if err != nil {
			return errors.Join(failed, fmt.Errorf("looking for decided erasures of people: %w", err))
		}
		for _, row := range rows {
			if err := er.erasePerson(ctx, row); err != nil {
				failed = errors.Join(failed, fmt.Errorf("executing erasure %s: %w", row.ID, err))
			}
			after = string(row.ID)
		}
		if len(rows) == 0 {
			return failed
		}
	}
}

// erasePerson goes once through the person's events from before the decision, and erases
// the data that is due. If nothing had to be kept, the erasure is done.
func (er *Erasures) erasePerson(ctx context.Context, row queries.PersonErasure) error {
	var kept int64
	for from := int64(0); ; {
		done, err := er.erasePersonBatch(ctx, row, from)
		if err != nil {
			return err
		}
		kept, from = kept+done.Kept, done.To
		if done.Done {
			break
		}
	}
	if kept > 0 {
		return nil
	}
	return er.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		return tx.FinishPersonErasure(ctx, queries.FinishPersonErasureParams{ID: row.ID, Finished: queries.At(er.door.Now())})
	})
}

func (er *Erasures) erasePersonBatch(ctx context.Context, row queries.PersonErasure, from int64) (audit.PrivateErased, error) {
	floors := map[event.RetentionClass]time.Time{}
	for _, r := range event.Retentions() {
		floors[r.Class] = er.door.Now().Truncate(choke.Day).Add(-time.Duration(r.Floor) * choke.Day)
	}
	var done audit.PrivateErased
	err := er.owner.RecordChange(ctx, row.Ledger, func(ctx context.Context, tx *database.Tx) (*event.Event, error) {
		keep, err := lockHolds(ctx, tx, row.Ledger)
		if err != nil {
			return nil, err
		}
		done, err = er.ledger.ErasePrivate(ctx, tx.SQL, audit.PrivateErasure{Ledger: row.Ledger, Actor: string(row.Person), From: from,
			Before: time.UnixMicro(int64(row.Decided)).UTC(), Due: func(h ask.Erasable) bool { return !keep.holds(h) && h.Time.Before(floors[h.Class]) }})
		if err != nil || done.Erased == 0 {
			return nil, err
		}
		if err := tx.CountErasedHalves(ctx, queries.CountErasedHalvesParams{ID: row.ID, Erased: done.Erased}); err != nil {
			return nil, fmt.Errorf("counting erased events: %w", err)
		}
		e := choke.OwnEvent(policy.ActionPrivacyErase, er.door.Now())
		e.Subject, e.Length = string(row.Person), done.Erased
		e.Private = map[string]string{"erasure": string(row.ID), "events": erasedRange(done)}
		return &e, nil
	})
	return done, err
}

func personErasureOf(row queries.PersonErasure) PersonErasure {
	p := PersonErasure{ID: row.ID, Ledger: row.Ledger, Person: row.Person, State: PersonErasureProposed,
		Reason: row.Reason, ProposedBy: row.ProposedBy, DecidedBy: row.DecidedBy, Proposed: row.Proposed.Time(),
		Decided: row.Decided.Time(), Finished: row.Finished.Time(), Halves: row.Halves}
	switch {
	case row.Finished > 0:
		p.State = PersonErasureDone
	case row.Decided > 0:
		p.State = PersonErasureRunning
	}
	return p
}
