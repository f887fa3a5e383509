package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// ProposeContract stores terms as version 1 of a new contract, not in force until somebody else approves it. A duty of
// the client's contract manager.
func (g *Gateway) ProposeContract(ctx context.Context, caller Caller, text []byte) (Contract, error) {
	terms, err := parseTerms(text)
	if err != nil {
		return Contract{}, err
	}
	id := ContractID(policy.NewID("c"))
	var c Contract
	_, err = g.do(ctx, caller, act{
		action: policy.ActionContractPropose,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			client, err := tx.Organisation(ctx, string(terms.Client))
			if err != nil {
				return err
			}
			s.onOrganisation(client)
			s.event.Contract, s.event.Provider = string(id), string(terms.Provider)
			return nil
		},
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) error {
			provider, err := tx.Organisation(ctx, string(terms.Provider))
			if err != nil || OrganisationKind(provider.Kind) != KindProvider {
				return orInvalid(err, invalidTerm(terms, "provider", "is not a provider"))
			}
			if _, err := tx.ContractByReference(ctx, queries.ContractByReferenceParams{
				Client: string(terms.Client), Reference: terms.Reference}); !isNoRows(err) {
				return orConflict(err, &Conflict{Kind: ConflictReferenceTaken, Detail: "a contract with this reference exists"})
			}
			if err := insertContract(ctx, tx, s, id, terms, text); err != nil {
				return err
			}
			c, err = readContract(ctx, tx, s, id)
			return err
		},
	})
	return c, err
}

func insertContract(ctx context.Context, tx *database.Tx, s *scene, id ContractID, terms *policy.Terms, text []byte) error {
	n, err := tx.InsertContract(ctx, queries.InsertContractParams{ID: string(id), Client: string(terms.Client),
		Provider: string(terms.Provider), Reference: terms.Reference, Created: micros(s.now)})
	if err != nil {
		return fmt.Errorf("inserting contract: %w", err)
	}
	if n == 0 {
		return &Conflict{Kind: ConflictReferenceTaken, Detail: "a contract with this reference exists"}
	}
	digest := sha256.Sum256(text)
	err = tx.InsertContractVersion(ctx, queries.InsertContractVersionParams{Contract: string(id), Version: 1, Terms: text,
		Digest: digest[:], ProposedBy: string(s.caller.Person), Proposed: micros(s.now), EffectiveFrom: micros(s.now)})
	if err != nil {
		return fmt.Errorf("inserting contract version: %w", err)
	}
	return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: policy.NewID("s"), Contract: string(id),
		Status: string(policy.StatusProposed), ChangedBy: string(s.caller.Person), ValidFrom: micros(s.now)})
}

// ApproveContract lets a proposed version come into force, at its effective date or now if that is past. A duty of a
// contract manager who did not propose it; the terms must be complete and enforceable.
func (g *Gateway) ApproveContract(ctx context.Context, caller Caller, id ContractID, version int64) (Contract, error) {
	var c Contract
	_, err := g.do(ctx, caller, act{
		action: policy.ActionContractApprove,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			// Taken before the shared lock of onContract: two approvals at once must queue, not deadlock.
			if _, err := tx.ContractStatusForChange(ctx, string(id)); err != nil {
				return err
			}
			if err := s.onContract(ctx, tx, id); err != nil {
				return err
			}
			s.onDuty()
			v, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: string(id), Version: version})
			if err != nil {
				return err
			}
			s.version = version
			s.facts.Proposal = &policy.Proposal{By: PersonID(v.ProposedBy)}
			return nil
		},
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) (err error) {
			if err := g.approve(ctx, tx, s, id, version); err != nil {
				return err
			}
			c, err = readContract(ctx, tx, s, id)
			return err
		},
	})
	return c, err
}

// approve checks that the version can be enforced, marks it, and makes the contract's first identity. The first version
// that is approved makes the contract active.
func (g *Gateway) approve(ctx context.Context, tx *database.Tx, s *scene, id ContractID, version int64) error {
	v, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: string(id), Version: version})
	if err != nil {
		return err
	}
	terms, err := policy.ParseTerms(v.Terms)
	if err != nil {
		return fmt.Errorf("reading stored terms: %w", err)
	}
	if err := checkEnforceable(terms); err != nil {
		return err
	}
	if _, err := policy.Compile(string(id), version, terms); err != nil {
		return fmt.Errorf("compiling terms: %w", err)
	}
	if err := approveFrom(ctx, tx, s, v); err != nil {
		return err
	}
	s.event.Private["terms_sha256"] = hex.EncodeToString(v.Digest) // so that the ledger tells what was approved
	switch s.facts.Contract.Status {
	case policy.StatusActive, policy.StatusSuspended: // an amendment changes no status
		return nil
	}
	if err := g.firstIdentity(ctx, tx, s, id); err != nil {
		return err
	}
	return changeStatus(ctx, tx, s, id, policy.StatusActive, "", policy.StatusProposed)
}

// SuspendContract stops every access under the contract at once. A duty of the client's contract manager or compliance
// officer.
func (g *Gateway) SuspendContract(ctx context.Context, caller Caller, id ContractID, reason string) (Contract, error) {
	return g.setStatus(ctx, caller, id, policy.ActionContractSuspend, reason, policy.StatusSuspended, policy.StatusActive)
}

// ResumeContract ends a suspension.
func (g *Gateway) ResumeContract(ctx context.Context, caller Caller, id ContractID, reason string) (Contract, error) {
	return g.setStatus(ctx, caller, id, policy.ActionContractResume, reason, policy.StatusActive, policy.StatusSuspended)
}

// TerminateContract ends the contract for good.
func (g *Gateway) TerminateContract(ctx context.Context, caller Caller, id ContractID, reason string) (Contract, error) {
	return g.setStatus(ctx, caller, id, policy.ActionContractTerminate, reason, policy.StatusTerminated,
		policy.StatusActive, policy.StatusSuspended)
}

func (g *Gateway) setStatus(ctx context.Context, caller Caller, id ContractID, action policy.Action, reason string,
	to policy.ContractStatus, from ...policy.ContractStatus) (Contract, error) {
	if err := checkName("reason", reason); err != nil {
		return Contract{}, err
	}
	var c Contract
	_, err := g.do(ctx, caller, act{
		action: action,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			// Taken before the shared lock of onContract: two changes at once must queue, not deadlock.
			if _, err := tx.ContractStatusForChange(ctx, string(id)); err != nil {
				return err
			}
			if err := s.onContract(ctx, tx, id); err != nil {
				return err
			}
			s.onDuty()
			s.event.Private["note"] = reason
			return nil
		},
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) (err error) {
			if err := changeStatus(ctx, tx, s, id, to, reason, from...); err != nil {
				return err
			}
			c, err = readContract(ctx, tx, s, id)
			return err
		},
	})
	return c, err
}

// Contract gives a contract to the people of its parties who hold a role on it, or a duty at its client. The provider's
// people see the newest version that was approved, and before there is one, nothing.
func (g *Gateway) Contract(ctx context.Context, caller Caller, id ContractID) (Contract, error) {
	var c Contract
	_, err := g.do(ctx, caller, act{
		action: policy.ActionContractRead,
		load:   loadDuty(id),
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) (err error) {
			c, err = readContract(ctx, tx, s, id)
			return err
		},
	})
	return c, err
}

func readContract(ctx context.Context, tx *database.Tx, s *scene, id ContractID) (Contract, error) {
	row, err := tx.Contract(ctx, string(id))
	if err != nil {
		return Contract{}, fmt.Errorf("reading contract: %w", err)
	}
	newest := tx.NewestVersion
	if s.organisation == OrganisationID(row.Provider) {
		newest = tx.NewestApprovedVersion // what is not agreed is the client's own business
	}
	v, err := newest(ctx, row.ID)
	if err != nil {
		return Contract{}, fmt.Errorf("reading newest version: %w", err)
	}
	status, err := tx.ContractStatus(ctx, row.ID)
	if err != nil {
		return Contract{}, fmt.Errorf("reading contract status: %w", err)
	}
	terms, err := policy.ParseTerms(v.Terms)
	if err != nil {
		return Contract{}, fmt.Errorf("reading stored terms: %w", err)
	}
	inForce, err := tx.VersionInForce(ctx, queries.VersionInForceParams{Contract: row.ID, Now: micros(decidedAt(status, s.now))})
	if err != nil && !isNoRows(err) {
		return Contract{}, fmt.Errorf("reading version in force: %w", err)
	}
	return Contract{
		InForce: inForce,
		ID:      ContractID(row.ID), Reference: row.Reference, Title: terms.Title, Client: OrganisationID(row.Client),
		Provider: OrganisationID(row.Provider), Status: policy.ContractStatus(status.Status), Version: v.Version,
		Terms: v.Terms, Digest: hex.EncodeToString(v.Digest), From: terms.From(), Until: terms.Until(), Missing: terms.Missing(),
	}, nil
}

// Contracts lists the contracts that the caller may read, by id.
func (g *Gateway) Contracts(ctx context.Context, caller Caller, page Page) ([]Contract, string, error) {
	if page.After != "" && policy.ParseIdentifier("c", page.After) != nil {
		return nil, "", errCursor
	}
	var list []Contract
	var next string
	_, err := g.do(ctx, caller, act{
		action: policy.ActionContractList,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			return s.onOwn(ctx, tx)
		},
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) error {
			client := ""
			if len(s.dutyRoles) > 0 && s.kind == KindClient {
				client = string(s.organisation)
			}
			list, next = nil, ""
			rows, err := tx.Contracts(ctx, queries.ContractsParams{After: page.After, Client: client,
				Organisation: string(s.organisation), Person: string(caller.Person), Now: micros(s.now), Limit: page.rows()})
			if err != nil {
				return err
			}
			for _, row := range rows {
				c, err := readContract(ctx, tx, s, ContractID(row.ID))
				if err != nil {
					return err
				}
				list = append(list, c)
				s.alsoIn(OrganisationID(row.Client))
				next = row.ID
			}
			if len(rows) < int(page.rows()) {
				next = ""
			}
			return nil
		},
	})
	return list, next, err
}
