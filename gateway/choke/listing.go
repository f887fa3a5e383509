package choke

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// Listing is an act that lists rows page by page. Row is what a query reads, and Item
// what the caller gets.
type Listing[Row, Item any] struct {
	Action policy.Action
	Load   func(ctx context.Context, tx *database.Tx, s *Scene) error

	// Cursor refuses what is no cursor of this listing. Rows reads the rows after a
	// cursor, at most as many as limit, and After is the cursor of a row.
	Cursor func(cursor string) error
	Rows   func(ctx context.Context, tx *database.Tx, s *Scene, after string, limit int32) ([]Row, error)
	After  func(Row) string

	// Item makes the item of a row. shown is false for a row that the caller may not
	// see: the listing leaves it out and fills the page with the rows that follow.
	Item func(ctx context.Context, tx *database.Tx, s *Scene, row Row) (item Item, shown bool, err error)
}

// ByID is the Cursor of a listing in the order of identifiers with the prefix.
func ByID(prefix string) func(string) error {
	return func(cursor string) error { return policy.ParseIdentifier(prefix, cursor) }
}

// EachShown is the Item of a listing that shows all its rows.
func EachShown[Row, Item any](of func(Row) Item) func(context.Context, *database.Tx, *Scene, Row) (Item, bool, error) {
	return func(_ context.Context, _ *database.Tx, _ *Scene, row Row) (Item, bool, error) {
		return of(row), true, nil
	}
}

// List returns a page of a listing, and the cursor of the next page, which is empty when
// there is none.
func List[Row, Item any](ctx context.Context, d *Door, caller Caller, page Page, l Listing[Row, Item]) (list []Item, next string, err error) {
	if page.After != "" && l.Cursor(page.After) != nil {
		return nil, "", ErrCursor
	}
	_, err = d.Do(ctx, caller, Act{
		Action: l.Action,
		Load:   l.Load,
		Mutate: func(ctx context.Context, tx *database.Tx, s *Scene) (err error) {
			list, next, err = l.page(ctx, tx, s, page)
			if err != nil {
				return fmt.Errorf("listing (%s): %w", l.Action, err)
			}
			return nil
		},
	})
	return list, next, err
}

// page reads rows until the page is full of items.
func (l *Listing[Row, Item]) page(ctx context.Context, tx *database.Tx, s *Scene, page Page) (list []Item, next string, err error) {
	for after, limit := page.After, page.Rows(); ; {
		rows, err := l.Rows(ctx, tx, s, after, limit)
		if err != nil {
			return nil, "", err
		}
		for _, row := range rows {
			after = l.After(row)
			item, shown, err := l.Item(ctx, tx, s, row)
			if err != nil {
				return nil, "", err
			}
			if !shown {
				continue
			}
			if list = append(list, item); len(list) == int(limit) {
				return list, after, nil
			}
		}
		if len(rows) < int(limit) {
			return list, "", nil
		}
	}
}

// Allowance is what the contracts of a listing let the caller see. Each contract is asked
// once. A listing never says more than single reads would. It leaves out what a contract
// refuses, from the cursor too, and fills the page with the rows that follow.
type Allowance struct {
	*Scene
	known map[allowed]bool
}

// allowed is one question to a contract about its batches.
type allowed struct {
	contract ContractID
	state    policy.BatchState
}

// Allowance asks the contracts of a listing.
func (s *Scene) Allowance() Allowance { return Allowance{s, map[allowed]bool{}} }

// Batch says whether the caller may see the contract's batches that are in this state. If
// so, the ledger of the contract's client records the listing too.
func (a Allowance) Batch(ctx context.Context, tx *database.Tx, contract ContractID, state policy.BatchState) (bool, error) {
	q := allowed{contract, state}
	if answer, ok := a.known[q]; ok {
		return answer, nil
	}
	one := *a.Scene // a copy: the act's own decision and event do not change
	one.facts.Action, one.facts.Roles, one.duty = policy.ActionBatchRead, nil, false
	one.facts.Batch = &policy.Batch{State: state, Resent: false}
	if err := one.OnContract(ctx, tx, contract); err != nil {
		return false, err
	}
	answer := false
	if one.terms != nil {
		d := one.terms.Decide(one.facts)
		if err := a.door.CheckFacts(one.facts.Action, d); err != nil {
			return false, err
		}
		answer = d.Allowed
	}
	a.known[q] = answer
	if answer {
		a.AlsoIn(one.client)
	}
	return answer, nil
}
