package explain

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Simulation is the answer to a made-up request.
type Simulation struct {
	Version  int64
	Decision policy.Decision
	Outcomes []policy.Outcome // of every condition of the act
}

// Simulate decides about facts that the caller makes up, by a version of a contract. The
// version need not be approved, so an amendment can be tried before it is agreed; version
// 0 is the one in force. Facts.Now and Facts.Contract default to the present ones, and
// Facts.Organisation to the party whose people have the first role. Nothing is opened. To
// ask is a duty of the client's contract managers and compliance officers.
func (ex *Explanations) Simulate(ctx context.Context, caller choke.Caller, id choke.ContractID, version int64, f policy.Facts) (Simulation, error) {
	var answer Simulation
	_, err := ex.door.Do(ctx, caller, choke.Hand(policy.ActionPolicySimulate,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (row queries.ContractVersion, err error) {
			if err := s.OnContract(ctx, tx, id); err != nil {
				return row, err
			}
			s.OnDuty()
			if version == 0 {
				return row, nil
			}
			return tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: id, Version: version})
		},
		func(_ context.Context, _ *database.Tx, s *choke.Scene, row queries.ContractVersion) (err error) {
			answer, err = ex.simulate(s, row, f)
			return err
		}))
	return answer, err
}

// simulate decides by the version of the row, or by the one in force when the row is
// zero.
func (ex *Explanations) simulate(s *choke.Scene, row queries.ContractVersion, f policy.Facts) (Simulation, error) {
	if f.Now.IsZero() {
		f.Now = s.Now()
	}
	if f.Contract == nil {
		f.Contract = s.Facts().Contract
	}
	if f.Organisation == "" && len(f.Roles) > 0 {
		f.Organisation = s.Provider()
		if f.Roles[0] == policy.RoleClientSystem {
			f.Organisation = s.Client()
		}
	}
	version, terms := s.Version(), s.Terms()
	if row.Version != 0 {
		version = row.Version
		s.SetVersion(version)
		parsed, err := termsOf(row)
		if err != nil {
			return Simulation{}, err
		}
		if err := choke.CheckEnforceable(parsed); err != nil {
			return Simulation{}, err
		}
		if terms, err = policy.Compile(string(s.Contract()), version, parsed); err != nil {
			return Simulation{}, fmt.Errorf("compiling terms: %w", err)
		}
	}
	if terms == nil {
		d := policy.NotInForce(f)
		return Simulation{Decision: d}, ex.door.CheckFacts(f.Action, d)
	}
	answer := Simulation{Version: version}
	answer.Decision, answer.Outcomes = terms.Explain(f)
	return answer, ex.door.CheckFacts(f.Action, answer.Decision)
}
