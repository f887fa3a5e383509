package explain

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Simulation is the answer to a request that nobody made.
type Simulation struct {
	Version  int64
	Decision policy.Decision
	Outcomes []policy.Outcome // of every condition of the act
}

// Simulate decides about facts that the caller makes up, by a version of a contract: approved or not, so that an amendment
// can be tried before it is agreed; version 0 is the one in force. Facts.Now and Facts.Contract are the present
// ones where they are not given, Facts.Organisation is the party whose people have the first role. It opens nothing. A duty of the
// client's contract managers and compliance officers.
func (ex *Explanations) Simulate(ctx context.Context, caller choke.Caller, id choke.ContractID, version int64, f policy.Facts) (Simulation, error) {
	var answer Simulation
	_, err := ex.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionPolicySimulate,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := s.OnContract(ctx, tx, id); err != nil {
				return err
			}
			s.OnDuty()
			if version == 0 {
				return nil
			}
			_, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: id, Version: version})
			return err
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			answer, err = ex.simulate(ctx, tx, s, version, f)
			return err
		},
	})
	return answer, err
}

func (ex *Explanations) simulate(ctx context.Context, tx *database.Tx, s *choke.Scene, version int64, f policy.Facts) (Simulation, error) {
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
	terms := s.Terms()
	if version == 0 {
		version = s.Version()
	} else {
		s.SetVersion(version)
		row, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: s.Contract(), Version: version})
		if err != nil {
			return Simulation{}, fmt.Errorf("reading contract version: %w", err)
		}
		parsed, err := policy.ParseTerms(row.Terms)
		if err != nil {
			return Simulation{}, fmt.Errorf("reading stored terms: %w", err)
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
