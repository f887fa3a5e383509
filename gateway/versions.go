package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// ContractVersion returns one version of a contract to a caller who may read the
// contract. The provider's people see a version once it is approved.
func (g *Gateway) ContractVersion(ctx context.Context, caller Caller, id ContractID, version int64) (ContractVersion, error) {
	var row queries.ContractVersion
	inForce := false
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionContractRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			if err := s.OnContract(ctx, tx, id); err != nil {
				return err
			}
			s.OnDuty()
			inForce = s.Version() == version
			row, err = onVersion(ctx, tx, s, version)
			return err
		},
		Mutate: func(_ context.Context, _ *database.Tx, s *choke.Scene) error { return hideDrafts(s, row) },
	})
	if err != nil {
		return ContractVersion{}, err
	}
	return versionOf(row, inForce), nil
}

// onVersion sets the version that the act's event names, whether or not it is in force.
func onVersion(ctx context.Context, tx *database.Tx, s *choke.Scene, version int64) (queries.ContractVersion, error) {
	row, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: s.Contract(), Version: version})
	if err == nil {
		s.SetVersion(version)
	}
	return row, err
}

// hideDrafts refuses to show unapproved versions to the provider's people, with
// ErrNotFound.
func hideDrafts(s *choke.Scene, versions ...queries.ContractVersion) error {
	for _, v := range versions {
		if v.Approved == 0 && s.OfProvider() {
			return ErrNotFound
		}
	}
	return nil
}

// VersionChanges is how a version differs from another one, its base.
type VersionChanges struct {
	Base, Version  int64
	Terms          []policy.Change
	Opened, Closed []policy.Rule // the rules that only the version has, and those that only the base has
}

// Changes compares two versions of a contract, for a caller who may read the contract. It
// compares texts. Impact says whom the changes concern.
func (g *Gateway) Changes(ctx context.Context, caller Caller, id ContractID, base, version int64) (VersionChanges, error) {
	var before, after queries.ContractVersion
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionContractRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			if err := s.OnContract(ctx, tx, id); err != nil {
				return err
			}
			s.OnDuty()
			if before, err = onVersion(ctx, tx, s, base); err != nil {
				return err
			}
			after, err = onVersion(ctx, tx, s, version)
			return err
		},
		Mutate: func(_ context.Context, _ *database.Tx, s *choke.Scene) error { return hideDrafts(s, before, after) },
	})
	if err != nil {
		return VersionChanges{}, err
	}
	return changesBetween(before, after)
}

func changesBetween(before, after queries.ContractVersion) (c VersionChanges, err error) {
	c.Base, c.Version = before.Version, after.Version
	if c.Terms, err = policy.Diff(before.Terms, after.Terms); err != nil {
		return c, fmt.Errorf("comparing terms: %w", err)
	}
	old, err := policy.ParseTerms(before.Terms)
	if err != nil {
		return c, fmt.Errorf("reading stored terms: %w", err)
	}
	new, err := policy.ParseTerms(after.Terms)
	if err != nil {
		return c, fmt.Errorf("reading stored terms: %w", err)
	}
	c.Opened, c.Closed = policy.Compare(old, new)
	return c, nil
}
