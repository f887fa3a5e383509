package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// ContractVersion is one version of a contract's terms. It never changes, but it is
// approved once.
type ContractVersion struct {
	Contract   ContractID
	Version    int64
	Terms      []byte // as proposed: YAML or JSON
	Digest     string // lower-case hex SHA-256 of the terms
	ProposedBy PersonID
	Proposed   time.Time
	ApprovedBy PersonID  // empty until it is approved
	Approved   time.Time // zero until it is approved
	Effective  time.Time // when it comes into force, once it is approved
	InForce    bool      // this version decides now
}

// AmendContract stores terms as the next version of a contract. Another person approves
// it. It comes into force at the effective date, which must not be in the past. Zero
// means as soon as it is approved. The parties and the reference do not change. A
// document keeps its class, and the version in force decides what that class allows.
// Amending is a duty of the client's contract manager.
func (g *Gateway) AmendContract(ctx context.Context, caller Caller, id ContractID, text []byte, effective time.Time) (Contract, error) {
	terms, err := parseTerms(text)
	if err != nil {
		return Contract{}, err
	}
	var c Contract
	_, err = g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionContractAmend,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			// Two amendments at once must queue, because each gets its own number.
			if _, err := tx.ContractStatusForChange(ctx, id); err != nil {
				return err
			}
			if err := s.OnContract(ctx, tx, id); err != nil {
				return err
			}
			s.OnDuty()
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			if version, err := sentAgain(ctx, tx, s, id, text, effective); err != nil || version > 0 {
				if err == nil {
					s.SetVersion(version)
					c, err = readContract(ctx, tx, s, id)
				}
				return err
			}
			from := effective
			if from.IsZero() {
				from = s.Now()
			}
			if from.Before(s.Now()) {
				return &Invalid{Kind: InvalidParameter, Field: "effective", Detail: "must not be in the past"}
			}
			version, err := insertAmendment(ctx, tx, s, id, terms, text, from)
			if err != nil {
				return err
			}
			s.SetVersion(version)
			c, err = readContract(ctx, tx, s, id)
			return err
		},
	})
	return c, err
}

// sentAgain returns the number of the newest amendment, if the caller proposed it with
// the same terms for the same date: the request was sent again. Otherwise it returns 0.
func sentAgain(ctx context.Context, tx *database.Tx, s *choke.Scene, id ContractID, text []byte, effective time.Time) (int64, error) {
	newest, err := tx.NewestVersion(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("reading newest version: %w", err)
	}
	if newest.Version == 1 || newest.ProposedBy != s.Caller().Person || !bytes.Equal(newest.Terms, text) {
		return 0, nil
	}
	from := newest.EffectiveFrom
	switch {
	case !effective.IsZero() && from == queries.At(effective):
	case effective.IsZero() && from == newest.Proposed:
	case effective.IsZero() && newest.Approved > 0 && from <= newest.Approved:
	default:
		return 0, nil
	}
	return newest.Version, nil
}

func insertAmendment(ctx context.Context, tx *database.Tx, s *choke.Scene, id ContractID, terms *policy.Terms, text []byte,
	effective time.Time) (int64, error) {
	switch s.Facts().Contract.Status {
	case policy.StatusTerminated, policy.StatusExited:
		return 0, &Conflict{Kind: ConflictState, Detail: fmt.Sprintf("the contract is %s", s.Facts().Contract.Status)}
	}
	if err := sameContract(ctx, tx, s, id, terms); err != nil {
		return 0, err
	}
	newest, err := tx.NewestVersion(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("reading newest version: %w", err)
	}
	digest := sha256.Sum256(text)
	n, err := tx.InsertAmendment(ctx, queries.InsertAmendmentParams{Contract: id, Version: newest.Version + 1, Terms: text,
		Digest: digest[:], ProposedBy: s.Caller().Person, Proposed: queries.At(s.Now()), EffectiveFrom: queries.At(effective)})
	if err != nil {
		return 0, fmt.Errorf("inserting contract version: %w", err)
	}
	if n == 0 {
		return 0, &Conflict{Kind: ConflictState, Detail: "another request has just amended the contract"}
	}
	return newest.Version + 1, nil
}

// sameContract refuses terms of other parties, because the contract's ledger, keys and
// people are those of its parties.
func sameContract(ctx context.Context, tx *database.Tx, s *choke.Scene, id ContractID, terms *policy.Terms) error {
	row, err := tx.Contract(ctx, id)
	if err != nil {
		return fmt.Errorf("reading contract: %w", err)
	}
	for _, same := range []struct{ field, was, is string }{
		{"reference", row.Reference, terms.Reference},
		{"client", string(row.Client), string(terms.Client)},
		{"provider", string(row.Provider), string(terms.Provider)},
	} {
		if same.was != same.is {
			return invalidTerm(terms, same.field, "cannot be amended: propose a new contract")
		}
	}
	return nil
}

// approveFrom marks a version as approved. No version comes into force in the past: an
// effective date in the past becomes now. Versions are approved in their order. So the
// newest approved version whose date has come is always the version that was agreed last.
func approveFrom(ctx context.Context, tx *database.Tx, s *choke.Scene, v queries.ContractVersion) error {
	effective := max(v.EffectiveFrom, queries.At(s.Now()))
	after, err := tx.ApprovedAfter(ctx, queries.ApprovedAfterParams{Contract: v.Contract, Version: v.Version, Effective: int64(effective)})
	if err != nil {
		return fmt.Errorf("looking for later versions: %w", err)
	}
	if after > 0 {
		return &Conflict{Kind: ConflictState, Detail: "a later version, or one with a later date, is approved already"}
	}
	n, err := tx.ApproveVersionFrom(ctx, queries.ApproveVersionFromParams{Contract: v.Contract, Version: v.Version,
		ApprovedBy: s.Caller().Person, Approved: queries.At(s.Now()), EffectiveFrom: effective})
	if err != nil {
		return fmt.Errorf("approving version: %w", err)
	}
	if n == 0 {
		return &Conflict{Kind: ConflictState, Detail: "this version is approved already"}
	}
	return nil
}

// ExitContract closes a terminated contract for good, and with it the wind-down. It is a
// duty of the client's contract manager.
func (g *Gateway) ExitContract(ctx context.Context, caller Caller, id ContractID, reason string) (Contract, error) {
	return g.setStatus(ctx, caller, id, policy.ActionContractExit, reason, policy.StatusExited, policy.StatusTerminated)
}

// ContractVersions lists the versions of a contract, oldest first, to a caller who may
// read the contract. The provider's people see the approved versions.
func (g *Gateway) ContractVersions(ctx context.Context, caller Caller, id ContractID) ([]ContractVersion, error) {
	var list []ContractVersion
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionContractRead,
		Load:   choke.LoadDuty(id),
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			rows, err := tx.ContractVersions(ctx, id)
			if err != nil {
				return fmt.Errorf("listing versions: %w", err)
			}
			list = nil
			for _, v := range rows {
				if v.Approved == 0 && s.OfProvider() {
					continue
				}
				list = append(list, versionOf(v, v.Version == s.Version()))
			}
			return nil
		},
	})
	return list, err
}

func versionOf(v queries.ContractVersion, inForce bool) ContractVersion {
	return ContractVersion{Contract: v.Contract, Version: v.Version, Terms: v.Terms, Digest: hex.EncodeToString(v.Digest),
		ProposedBy: v.ProposedBy, Proposed: v.Proposed.Time(), ApprovedBy: v.ApprovedBy,
		Approved: v.Approved.Time(), Effective: v.EffectiveFrom.Time(), InForce: inForce}
}
