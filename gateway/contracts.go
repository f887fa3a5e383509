package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// ProposeContract stores terms as version 1 of a new contract. It is not in force until
// another person approves it. It is a duty of the client's contract manager.
func (g *Gateway) ProposeContract(ctx context.Context, caller Caller, text []byte) (Contract, error) {
	terms, err := parseTerms(text)
	if err != nil {
		return Contract{}, err
	}
	id := ContractID(policy.NewID("c"))
	var c Contract
	_, err = g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionContractPropose,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			client, err := tx.Organisation(ctx, terms.Client)
			if err != nil {
				return err
			}
			s.OnOrganisation(client)
			s.Event().Contract, s.Event().Provider = string(id), string(terms.Provider)
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			provider, err := tx.Organisation(ctx, terms.Provider)
			if err != nil || OrganisationKind(provider.Kind) != KindProvider {
				return choke.OrInvalid(err, invalidTerm(terms, "provider", "is not a provider"))
			}
			earlier, err := tx.ContractByReference(ctx, queries.ContractByReferenceParams{Client: terms.Client, Reference: terms.Reference})
			if err == nil {
				s.Event().Contract = string(earlier.ID)
				c, err = sameProposal(ctx, tx, s, earlier.ID, text)
				return err
			}
			if !choke.IsNoRows(err) {
				return fmt.Errorf("reading contract by reference: %w", err)
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

// sameProposal returns the contract that has the reference, if the caller proposed it
// with the same terms: the request was sent again.
func sameProposal(ctx context.Context, tx *database.Tx, s *choke.Scene, id ContractID, text []byte) (Contract, error) {
	first, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: id, Version: 1})
	if err != nil {
		return Contract{}, fmt.Errorf("reading contract version: %w", err)
	}
	if first.ProposedBy != s.Caller().Person || !bytes.Equal(first.Terms, text) {
		return Contract{}, &Conflict{Kind: ConflictReferenceTaken, Detail: "a contract with this reference exists"}
	}
	return readContract(ctx, tx, s, id)
}

func insertContract(ctx context.Context, tx *database.Tx, s *choke.Scene, id ContractID, terms *policy.Terms, text []byte) error {
	n, err := tx.InsertContract(ctx, queries.InsertContractParams{ID: id, Client: terms.Client,
		Provider: terms.Provider, Reference: terms.Reference, Created: queries.At(s.Now())})
	if err != nil {
		return fmt.Errorf("inserting contract: %w", err)
	}
	if n == 0 {
		return &Conflict{Kind: ConflictReferenceTaken, Detail: "a contract with this reference exists"}
	}
	digest := sha256.Sum256(text)
	err = tx.InsertContractVersion(ctx, queries.InsertContractVersionParams{Contract: id, Version: 1, Terms: text,
		Digest: digest[:], ProposedBy: s.Caller().Person, Proposed: queries.At(s.Now()), EffectiveFrom: queries.At(s.Now())})
	if err != nil {
		return fmt.Errorf("inserting contract version: %w", err)
	}
	return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: policy.NewID("s"), Contract: id,
		Status: policy.StatusProposed, ChangedBy: s.Caller().Person, ValidFrom: queries.At(s.Now())})
}

// ApproveContract approves a proposed version. The version comes into force at its
// effective date, or now if that date is in the past. It is a duty of a contract manager
// who did not propose the version. The terms must be complete and enforceable.
func (g *Gateway) ApproveContract(ctx context.Context, caller Caller, id ContractID, version int64) (Contract, error) {
	var c Contract
	_, err := g.door.Do(ctx, caller, choke.Hand(policy.ActionContractApprove,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (v queries.ContractVersion, err error) {
			// This lock comes before the shared lock of OnContract, so that two approvals
			// at once queue and do not deadlock.
			if _, err := tx.ContractStatusForChange(ctx, id); err != nil {
				return v, err
			}
			if err := s.OnContract(ctx, tx, id); err != nil {
				return v, err
			}
			s.OnDuty()
			if v, err = tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: id, Version: version}); err != nil {
				return v, err
			}
			s.SetVersion(version)
			s.Facts().Proposal = &policy.Proposal{By: v.ProposedBy}
			return v, nil
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, v queries.ContractVersion) (err error) {
			if v.Approved > 0 && v.ApprovedBy == caller.Person { // the request was sent again
				c, err = readContract(ctx, tx, s, id)
				return err
			}
			if err := g.approve(ctx, tx, s, id, v); err != nil {
				return err
			}
			c, err = readContract(ctx, tx, s, id)
			return err
		}))
	return c, err
}

// approve checks that the version can be enforced, marks it, and makes the contract's
// first identity. The first approved version makes the contract active.
func (g *Gateway) approve(ctx context.Context, tx *database.Tx, s *choke.Scene, id ContractID, v queries.ContractVersion) error {
	terms, err := policy.ParseTerms(v.Terms)
	if err != nil {
		return fmt.Errorf("reading stored terms: %w", err)
	}
	if err := choke.CheckEnforceable(terms); err != nil {
		return err
	}
	if _, err := policy.Compile(string(id), v.Version, terms); err != nil {
		return fmt.Errorf("compiling terms: %w", err)
	}
	if err := approveFrom(ctx, tx, s, v); err != nil {
		return err
	}
	s.Event().Private["terms_sha256"] = hex.EncodeToString(v.Digest) // so that the ledger says what was approved
	switch s.Facts().Contract.Status {
	case policy.StatusActive, policy.StatusSuspended: // an amendment changes no status
		return nil
	}
	if err := g.keys.FirstIdentity(ctx, tx, s, id); err != nil {
		return err
	}
	return choke.ChangeStatus(ctx, tx, s, id, policy.StatusActive, "", policy.StatusProposed)
}

// SuspendContract stops all access under the contract at once. It is a duty of the
// client's contract manager or compliance officer.
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
	if err := choke.CheckName("reason", reason); err != nil {
		return Contract{}, err
	}
	var c Contract
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: action,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			// This lock comes before the shared lock of OnContract, so that two changes
			// at once queue and do not deadlock.
			if _, err := tx.ContractStatusForChange(ctx, id); err != nil {
				return err
			}
			if err := s.OnContract(ctx, tx, id); err != nil {
				return err
			}
			s.OnDuty()
			s.Event().Private["note"] = reason
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			if err := choke.ChangeStatus(ctx, tx, s, id, to, reason, from...); err != nil {
				return err
			}
			c, err = readContract(ctx, tx, s, id)
			return err
		},
	})
	return c, err
}

// Contract returns a contract to people of its parties who hold a role on it, or a duty
// at its client. The provider's people see the newest approved version, and ErrNotFound
// before there is one.
func (g *Gateway) Contract(ctx context.Context, caller Caller, id ContractID) (Contract, error) {
	var c Contract
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionContractRead,
		Load:   choke.LoadDuty(id),
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			c, err = readContract(ctx, tx, s, id)
			return err
		},
	})
	return c, err
}

func readContract(ctx context.Context, tx *database.Tx, s *choke.Scene, id ContractID) (Contract, error) {
	row, err := tx.Contract(ctx, id)
	if err != nil {
		return Contract{}, fmt.Errorf("reading contract: %w", err)
	}
	newest := tx.NewestVersion
	if s.Organisation() == row.Provider {
		newest = tx.NewestApprovedVersion // only the client may see a draft
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
	inForce, err := tx.VersionInForce(ctx, queries.VersionInForceParams{Contract: row.ID, Now: queries.At(choke.DecidedAt(status, s.Now()))})
	if err != nil && !choke.IsNoRows(err) {
		return Contract{}, fmt.Errorf("reading version in force: %w", err)
	}
	return Contract{
		InForce: inForce,
		ID:      row.ID, Reference: row.Reference, Title: terms.Title, Client: row.Client,
		Provider: row.Provider, Status: status.Status, Version: v.Version,
		Terms: v.Terms, Digest: hex.EncodeToString(v.Digest), From: terms.From(), Until: terms.Until(), Missing: terms.Missing(),
		Recorded: terms.Recorded(),
	}, nil
}

// Contracts lists the contracts that the caller may read, by id.
func (g *Gateway) Contracts(ctx context.Context, caller Caller, page Page) ([]Contract, string, error) {
	return choke.List(ctx, g.door, caller, page, choke.Listing[queries.Contract, Contract]{
		Action: policy.ActionContractList,
		Load:   func(ctx context.Context, tx *database.Tx, s *choke.Scene) error { return s.OnOwn(ctx, tx) },
		Cursor: choke.ByID("c"),
		Rows: func(ctx context.Context, tx *database.Tx, s *choke.Scene, after string, limit int32) ([]queries.Contract, error) {
			var client OrganisationID
			if len(s.Duties()) > 0 && s.Kind() == KindClient {
				client = s.Organisation()
			}
			return tx.Contracts(ctx, queries.ContractsParams{After: policy.ContractID(after), Client: client,
				Organisation: s.Organisation(), Person: caller.Person, Now: queries.At(s.Now()), Limit: limit})
		},
		After: func(row queries.Contract) string { return string(row.ID) },
		Item: func(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.Contract) (Contract, bool, error) {
			c, err := readContract(ctx, tx, s, row.ID)
			s.AlsoIn(row.Client)
			return c, true, err
		},
	})
}
