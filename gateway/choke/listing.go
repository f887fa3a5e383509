package choke

import (
	"context"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

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
