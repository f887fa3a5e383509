package gateway

import (
	"context"
	"fmt"

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
func (g *Gateway) Simulate(ctx context.Context, caller Caller, id ContractID, version int64, f policy.Facts) (Simulation, error) {
	var answer Simulation
	_, err := g.do(ctx, caller, act{
		action: policy.ActionPolicySimulate,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			if err := s.onContract(ctx, tx, id); err != nil {
				return err
			}
			s.onDuty()
			if version == 0 {
				return nil
			}
			_, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: string(id), Version: version})
			return err
		},
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) (err error) {
			answer, err = simulate(ctx, tx, s, version, f)
			return err
		},
	})
	return answer, err
}

func simulate(ctx context.Context, tx *database.Tx, s *scene, version int64, f policy.Facts) (Simulation, error) {
	if f.Now.IsZero() {
		f.Now = s.now
	}
	if f.Contract == nil {
		f.Contract = s.facts.Contract
	}
	if f.Organisation == "" && len(f.Roles) > 0 {
		f.Organisation = s.provider
		if f.Roles[0] == policy.RoleClientSystem {
			f.Organisation = s.client
		}
	}
	terms := s.terms
	if version == 0 {
		version = s.version
	} else {
		s.version = version
		row, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: string(s.contract), Version: version})
		if err != nil {
			return Simulation{}, fmt.Errorf("reading contract version: %w", err)
		}
		parsed, err := policy.ParseTerms(row.Terms)
		if err != nil {
			return Simulation{}, fmt.Errorf("reading stored terms: %w", err)
		}
		if err := checkEnforceable(parsed); err != nil {
			return Simulation{}, err
		}
		if terms, err = policy.Compile(string(s.contract), version, parsed); err != nil {
			return Simulation{}, fmt.Errorf("compiling terms: %w", err)
		}
	}
	if terms == nil {
		d := policy.NotInForce(f)
		return Simulation{Decision: d}, s.gateway.checkFacts(f.Action, d)
	}
	answer := Simulation{Version: version}
	answer.Decision, answer.Outcomes = terms.Explain(f)
	return answer, s.gateway.checkFacts(f.Action, answer.Decision)
}
