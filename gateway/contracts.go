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

// compiled gives the compiled terms of a contract version. They never change, so the cache is never stale.
func (g *Gateway) compiled(ctx context.Context, tx *database.Tx, contract ContractID, version int64) (*policy.Compiled, error) {
	return g.contracts.get(contractVersion{contract, version}, func() (*policy.Compiled, error) {
		row, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: string(contract), Version: version})
		if err != nil {
			return nil, fmt.Errorf("reading contract version: %w", err)
		}
		terms, err := policy.ParseTerms(row.Terms)
		if err != nil {
			return nil, fmt.Errorf("reading stored terms: %w", err)
		}
		return policy.Compile(string(contract), version, terms)
	})
}

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
		look: func(ctx context.Context, tx *database.Tx, s *scene) error {
			client, err := tx.Organisation(ctx, string(terms.Client))
			if err != nil {
				return err
			}
			s.onOrganisation(client)
			s.event.Contract, s.event.Provider = string(id), string(terms.Provider)
			return nil
		},
		apply: func(ctx context.Context, tx *database.Tx, s *scene) error {
			provider, err := tx.Organisation(ctx, string(terms.Provider))
			if err != nil || OrganisationKind(provider.Kind) != KindProvider {
				return orInvalid(err, invalidTerm(terms, "provider", "is not a provider"))
			}
			if _, err := tx.ContractByReference(ctx, queries.ContractByReferenceParams{
				Client: string(terms.Client), Reference: terms.Reference}); !isNoRows(err) {
				return orConflict(err, &Conflict{Kind: ConflictReferenceTaken, Detail: "a contract with this reference exists"})
			}
			if err := s.insertContract(ctx, tx, id, terms, text); err != nil {
				return err
			}
			c, err = s.readContract(ctx, tx, id)
			return err
		},
	})
	return c, err
}

func (s *scene) insertContract(ctx context.Context, tx *database.Tx, id ContractID, terms *policy.Terms, text []byte) error {
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
		look: func(ctx context.Context, tx *database.Tx, s *scene) error {
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
			s.facts.ProposedBy = PersonID(v.ProposedBy)
			return nil
		},
		apply: func(ctx context.Context, tx *database.Tx, s *scene) (err error) {
			if err := s.approve(ctx, tx, id, version); err != nil {
				return err
			}
			c, err = s.readContract(ctx, tx, id)
			return err
		},
	})
	return c, err
}

// approve checks that the version can be enforced, marks it, and makes the contract's first identity. The first version
// that is approved makes the contract active.
func (s *scene) approve(ctx context.Context, tx *database.Tx, id ContractID, version int64) error {
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
	if err := s.approveFrom(ctx, tx, v); err != nil {
		return err
	}
	s.event.Private["terms_sha256"] = hex.EncodeToString(v.Digest) // so that the ledger tells what was approved
	switch s.facts.Status {
	case policy.StatusActive, policy.StatusSuspended: // an amendment changes no status
		return nil
	}
	if err := s.firstIdentity(ctx, tx, id); err != nil {
		return err
	}
	return s.changeStatus(ctx, tx, id, policy.StatusActive, "", policy.StatusProposed)
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
		look: func(ctx context.Context, tx *database.Tx, s *scene) error {
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
		apply: func(ctx context.Context, tx *database.Tx, s *scene) (err error) {
			if err := s.changeStatus(ctx, tx, id, to, reason, from...); err != nil {
				return err
			}
			c, err = s.readContract(ctx, tx, id)
			return err
		},
	})
	return c, err
}

func (s *scene) changeStatus(ctx context.Context, tx *database.Tx, id ContractID, to policy.ContractStatus, reason string,
	from ...policy.ContractStatus) error {
	current, err := tx.ContractStatusForChange(ctx, string(id))
	if err != nil {
		return fmt.Errorf("reading contract status: %w", err)
	}
	allowed := false
	for _, f := range from {
		allowed = allowed || current.Status == string(f)
	}
	if !allowed {
		return &Conflict{Kind: ConflictState, Detail: fmt.Sprintf("the contract is %s", current.Status)}
	}
	if _, err := tx.EndContractStatus(ctx, queries.EndContractStatusParams{ID: current.ID, ValidUntil: micros(s.now)}); err != nil {
		return err
	}
	return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: policy.NewID("s"), Contract: string(id),
		Status: string(to), Reason: reason, ChangedBy: string(s.caller.Person), ValidFrom: micros(s.now)})
}

// Contract gives a contract to the people of its parties who hold a role on it, or a duty at its client. The provider's
// people see the newest version that was approved, and before there is one, nothing.
func (g *Gateway) Contract(ctx context.Context, caller Caller, id ContractID) (Contract, error) {
	var c Contract
	_, err := g.do(ctx, caller, act{
		action: policy.ActionContractRead,
		look:   lookAtDuty(id),
		apply: func(ctx context.Context, tx *database.Tx, s *scene) (err error) {
			c, err = s.readContract(ctx, tx, id)
			return err
		},
	})
	return c, err
}

func (s *scene) readContract(ctx context.Context, tx *database.Tx, id ContractID) (Contract, error) {
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
		look: func(ctx context.Context, tx *database.Tx, s *scene) error {
			return s.onOwn(ctx, tx)
		},
		apply: func(ctx context.Context, tx *database.Tx, s *scene) error {
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
				c, err := s.readContract(ctx, tx, ContractID(row.ID))
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

// rows is how many rows a page holds.
func (p Page) rows() int32 {
	switch {
	case p.Limit <= 0:
		return 50
	case p.Limit > 500:
		return 500
	default:
		return int32(p.Limit)
	}
}

func orConflict(err error, conflict *Conflict) error {
	if err == nil {
		return conflict
	}
	return err
}

// orNotFound is ErrNotFound for a row that is not there.
func orNotFound(err error) error {
	if isNoRows(err) {
		return ErrNotFound
	}
	return err
}
