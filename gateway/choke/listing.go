package choke

import (
	"context"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// Allowance is what the contracts of a listing let the caller see, each asked once. A listing never says more than the
// single reads would: what a contract refuses is left out, of the cursor too, and the page is filled up with what follows.
type Allowance struct {
	*Scene
	known map[allowed]bool
}

// allowed is a question to a contract about its batches.
type allowed struct {
	contract ContractID
	state    policy.BatchState
}

// Allowance asks the contracts of a listing.
func (s *Scene) Allowance() Allowance { return Allowance{s, map[allowed]bool{}} }

// Batch says whether the caller may see the contract's batches in the state. If so, the listing stands in the ledger of
// the contract's client.
func (a Allowance) Batch(ctx context.Context, tx *database.Tx, contract ContractID, state policy.BatchState) (bool, error) {
	q := allowed{contract, state}
	if answer, ok := a.known[q]; ok {
		return answer, nil
	}
	one := *a.Scene // the act's own decision and event stay what they are
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
