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

// Hold is a legal hold on a document or a contract. While it stands, its object cannot be
// erased, not even with everything else of the contract.
type Hold struct {
	ID          choke.HoldID
	Contract    choke.ContractID
	Document    choke.DocumentID // empty: everything under the contract
	Reason      string
	PlacedBy    choke.PersonID
	LiftedBy    choke.PersonID // empty while it stands
	From, Until time.Time      // Until is zero while it stands
}

// HoldContract forbids erasing anything of a contract. It is a duty of the client's
// compliance officer. Placed again, it is the same hold.
func (er *Erasures) HoldContract(ctx context.Context, caller choke.Caller, id choke.ContractID, reason string) (Hold, error) {
	return er.placeHold(ctx, caller, reason, func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
		return onErasable(ctx, tx, s, id)
	})
}

// HoldDocument forbids erasing a document. It is a duty of the client's compliance
// officer. Placed again, it is the same hold.
func (er *Erasures) HoldDocument(ctx context.Context, caller choke.Caller, id choke.DocumentID, reason string) (Hold, error) {
	return er.placeHold(ctx, caller, reason, func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
		return OnErasableDocument(ctx, tx, s, id)
	})
}

func (er *Erasures) placeHold(ctx context.Context, caller choke.Caller, reason string,
	load func(context.Context, *database.Tx, *choke.Scene) error) (Hold, error) {
	if err := choke.CheckName("reason", reason); err != nil {
		return Hold{}, err
	}
	var h Hold
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionHoldPlace,
		Load:   load,
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := insertHold(ctx, tx, s, reason)
			h, s.Event().Subject = holdOf(row), string(row.ID)
			s.Event().Private["note"] = reason
			return err
		},
	})
	return h, err
}

// insertHold places a hold, or finds the one that stands. Nothing can be held any more
// while it is being erased.
func insertHold(ctx context.Context, tx *database.Tx, s *choke.Scene, reason string) (row queries.Hold, err error) {
	if err := checkNotErasing(ctx, tx, s); err != nil {
		return row, err
	}
	standing, err := tx.StandingHold(ctx, queries.StandingHoldParams{Contract: s.Contract(), Document: policy.DocumentID(s.Event().Document)})
	if err == nil || !choke.IsNoRows(err) {
		return standing, err
	}
	if err := tx.LockRetention(ctx, string(s.Client())); err != nil {
		return row, fmt.Errorf("locking retention: %w", err)
	}
	id := policy.NewID("h")
	n, err := tx.InsertHold(ctx, queries.InsertHoldParams{ID: policy.HoldID(id), Contract: s.Contract(), Document: policy.DocumentID(s.Event().Document),
		Reason: reason, PlacedBy: s.Caller().Person, ValidFrom: queries.At(s.Now())})
	if err != nil || n != 1 {
		return row, fmt.Errorf("inserting hold: %d rows, %w", n, err)
	}
	return tx.Hold(ctx, policy.HoldID(id))
}

// checkNotErasing refuses a hold on a document or contract whose erasure was decided.
func checkNotErasing(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
	gone := &choke.Conflict{Kind: choke.ConflictState, Detail: "the document or contract is erased"}
	if s.Facts().Document != nil && s.Facts().Document.State == policy.DocumentErased {
		return gone
	}
	copies, err := tx.CountContractKeyCopies(ctx, s.Contract())
	if err != nil {
		return fmt.Errorf("counting contract keys: %w", err)
	}
	if copies == 0 && s.Facts().Contract.Status != policy.StatusProposed {
		return gone
	}
	running, err := tx.ErasuresOf(ctx, queries.ErasuresOfParams{Contract: s.Contract(), Document: ""})
	if err != nil {
		return fmt.Errorf("reading erasures: %w", err)
	}
	for _, e := range running {
		if e.Decided > 0 && e.Certified == 0 {
			return &choke.Conflict{Kind: choke.ConflictState, Detail: "the contract is being erased"}
		}
	}
	return nil
}

// LiftHold ends a hold. It is a duty of the client's compliance officer.
func (er *Erasures) LiftHold(ctx context.Context, caller choke.Caller, id choke.HoldID) (Hold, error) {
	var h Hold
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionHoldLift,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := tx.Hold(ctx, id)
			if err != nil {
				return err
			}
			s.Event().Document, s.Event().Subject = string(row.Document), string(row.ID)
			if err := onErasable(ctx, tx, s, row.Contract); err != nil {
				return err
			}
			return hideUnsent(ctx, tx, s, row.Document)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := reconsider(ctx, tx, string(s.Client())); err != nil {
				return err
			}
			if _, err := tx.LiftHold(ctx, queries.LiftHoldParams{ID: id, LiftedBy: caller.Person,
				ValidUntil: queries.At(s.Now())}); err != nil {
				return fmt.Errorf("lifting hold: %w", err)
			}
			row, err := tx.Hold(ctx, id) // of a hold that was lifted before, this is its first end
			h = holdOf(row)
			return err
		},
	})
	return h, err
}

// Holds lists the holds under a contract by id, with those that were lifted.
func (er *Erasures) Holds(ctx context.Context, caller choke.Caller, id choke.ContractID, page choke.Page) ([]Hold, string, error) {
	return choke.List(ctx, er.door, caller, page, choke.Listing[queries.Hold, Hold]{
		Action: policy.ActionHoldList,
		Load:   choke.LoadDuty(id),
		Cursor: choke.ByID("h"),
		Rows: func(ctx context.Context, tx *database.Tx, _ *choke.Scene, after string, limit int32) ([]queries.Hold, error) {
			return tx.HoldsOfContract(ctx, queries.HoldsOfContractParams{Contract: id, After: policy.HoldID(after), Limit: limit})
		},
		After: func(row queries.Hold) string { return string(row.ID) },
		Item:  choke.EachShown(holdOf),
	})
}

func holdOf(row queries.Hold) Hold {
	return Hold{ID: row.ID, Contract: row.Contract, Document: row.Document, Reason: row.Reason,
		PlacedBy: row.PlacedBy, LiftedBy: row.LiftedBy, From: row.ValidFrom.Time(),
		Until: row.ValidUntil.Time()}
}
