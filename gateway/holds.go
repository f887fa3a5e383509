package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Hold is a legal hold: while it stands, what it is on cannot be erased, not even with everything else of its contract.
type Hold struct {
	ID          HoldID
	Contract    ContractID
	Document    DocumentID // empty: everything under the contract
	Reason      string
	PlacedBy    PersonID
	LiftedBy    PersonID  // empty while it stands
	From, Until time.Time // Until is zero while it stands
}

// HoldContract forbids erasing anything of a contract. A duty of the client's compliance officer. Placed again, it is the
// same hold.
func (g *Gateway) HoldContract(ctx context.Context, caller Caller, id ContractID, reason string) (Hold, error) {
	return g.placeHold(ctx, caller, reason, func(ctx context.Context, tx *database.Tx, s *scene) error {
		return onErasable(ctx, tx, s, id)
	})
}

// HoldDocument forbids erasing a document. A duty of the client's compliance officer. Placed again, it is the same hold.
func (g *Gateway) HoldDocument(ctx context.Context, caller Caller, id DocumentID, reason string) (Hold, error) {
	return g.placeHold(ctx, caller, reason, func(ctx context.Context, tx *database.Tx, s *scene) error {
		return onErasableDocument(ctx, tx, s, id)
	})
}

func (g *Gateway) placeHold(ctx context.Context, caller Caller, reason string,
	look func(context.Context, *database.Tx, *scene) error) (Hold, error) {
	if err := checkName("reason", reason); err != nil {
		return Hold{}, err
	}
	var h Hold
	_, err := g.do(ctx, caller, act{
		action: policy.ActionHoldPlace,
		load:   look,
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) error {
			row, err := insertHold(ctx, tx, s, reason)
			h, s.event.Subject = holdOf(row), row.ID
			s.event.Private["note"] = reason
			return err
		},
	})
	return h, err
}

// insertHold places a hold, or finds the one that stands. What is being erased cannot be held any more.
func insertHold(ctx context.Context, tx *database.Tx, s *scene, reason string) (row queries.Hold, err error) {
	if err := checkNotErasing(ctx, tx, s); err != nil {
		return row, err
	}
	standing, err := tx.StandingHold(ctx, queries.StandingHoldParams{Contract: string(s.contract), Document: s.event.Document})
	if err == nil || !isNoRows(err) {
		return standing, err
	}
	if err := tx.LockRetention(ctx, string(s.client)); err != nil {
		return row, fmt.Errorf("locking retention: %w", err)
	}
	id := policy.NewID("h")
	n, err := tx.InsertHold(ctx, queries.InsertHoldParams{ID: id, Contract: string(s.contract), Document: s.event.Document,
		Reason: reason, PlacedBy: string(s.caller.Person), ValidFrom: micros(s.now)})
	if err != nil || n != 1 {
		return row, fmt.Errorf("inserting hold: %d rows, %w", n, err)
	}
	return tx.Hold(ctx, id)
}

// checkNotErasing refuses to hold what an erasure that was decided has destroyed or is about to.
func checkNotErasing(ctx context.Context, tx *database.Tx, s *scene) error {
	gone := &Conflict{Kind: ConflictState, Detail: "it is erased"}
	if s.facts.Document != nil && s.facts.Document.State == policy.DocumentErased {
		return gone
	}
	copies, err := tx.CountContractKeyCopies(ctx, string(s.contract))
	if err != nil {
		return fmt.Errorf("counting contract keys: %w", err)
	}
	if copies == 0 && s.facts.Contract.Status != policy.StatusProposed {
		return gone
	}
	running, err := tx.ErasuresOf(ctx, queries.ErasuresOfParams{Contract: string(s.contract), Document: ""})
	if err != nil {
		return fmt.Errorf("reading erasures: %w", err)
	}
	for _, e := range running {
		if e.Decided > 0 && e.Certified == 0 {
			return &Conflict{Kind: ConflictState, Detail: "the contract is being erased"}
		}
	}
	return nil
}

// LiftHold ends a hold. A duty of the client's compliance officer.
func (g *Gateway) LiftHold(ctx context.Context, caller Caller, id HoldID) (Hold, error) {
	var h Hold
	_, err := g.do(ctx, caller, act{
		action: policy.ActionHoldLift,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			row, err := tx.Hold(ctx, string(id))
			if err != nil {
				return err
			}
			s.event.Document, s.event.Subject = row.Document, row.ID
			if err := onErasable(ctx, tx, s, ContractID(row.Contract)); err != nil {
				return err
			}
			return hideUnsent(ctx, tx, s, row.Document)
		},
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) error {
			if err := reconsider(ctx, tx, string(s.client)); err != nil {
				return err
			}
			if _, err := tx.LiftHold(ctx, queries.LiftHoldParams{ID: string(id), LiftedBy: string(caller.Person),
				ValidUntil: micros(s.now)}); err != nil {
				return fmt.Errorf("lifting hold: %w", err)
			}
			row, err := tx.Hold(ctx, string(id)) // lifted before: as it was lifted then
			h = holdOf(row)
			return err
		},
	})
	return h, err
}

// Holds lists the holds under a contract, those that were lifted too, by id.
func (g *Gateway) Holds(ctx context.Context, caller Caller, id ContractID, page Page) ([]Hold, string, error) {
	if page.After != "" && policy.ParseIdentifier("h", page.After) != nil {
		return nil, "", errCursor
	}
	var list []Hold
	var next string
	_, err := g.do(ctx, caller, act{
		action: policy.ActionHoldList,
		load:   loadDuty(id),
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) error {
			rows, err := tx.HoldsOfContract(ctx, queries.HoldsOfContractParams{Contract: string(id), After: page.After, Limit: page.rows()})
			if err != nil {
				return fmt.Errorf("listing holds: %w", err)
			}
			list, next = nil, ""
			for _, row := range rows {
				list = append(list, holdOf(row))
			}
			if len(rows) == int(page.rows()) {
				next = rows[len(rows)-1].ID
			}
			return nil
		},
	})
	return list, next, err
}

func holdOf(row queries.Hold) Hold {
	return Hold{ID: HoldID(row.ID), Contract: ContractID(row.Contract), Document: DocumentID(row.Document), Reason: row.Reason,
		PlacedBy: PersonID(row.PlacedBy), LiftedBy: PersonID(row.LiftedBy), From: fromMicros(row.ValidFrom),
		Until: fromMicros(row.ValidUntil)}
}
