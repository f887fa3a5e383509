package choke

import (
	"context"
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Compiled returns the compiled terms of a contract version. A version never changes, so
// the cache is never stale.
func (d *Door) Compiled(ctx context.Context, tx *database.Tx, contract ContractID, version int64) (*policy.Compiled, error) {
	return d.contracts.Get(VersionKey{contract, version}, func() (*policy.Compiled, error) {
		row, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: contract, Version: version})
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

// MaxEnforcers bounds the cache of compiled contracts. Each class has about 10 KB, so the
// cache takes at most 80 MB. It holds 264 contracts of 30 classes, or 2,000 of three.
const MaxEnforcers = 8192

// VersionKey names a version of a contract.
type VersionKey struct {
	Contract ContractID
	Version  int64
}

// Compiled is a cache of compiled contracts.
type Compiled = Cache[VersionKey, *policy.Compiled]

// NewCompiled makes a cache of at most MaxEnforcers.
func NewCompiled() *Compiled {
	return NewCache[VersionKey](MaxEnforcers, (*policy.Compiled).Weight)
}

// CheckEnforceable refuses terms that are incomplete, or that this build cannot enforce.
// It names the path of the first problem.
func CheckEnforceable(terms *policy.Terms) error {
	if missing := terms.Missing(); len(missing) > 0 {
		return &Invalid{Kind: InvalidIncomplete, Field: missing[0].Path, Detail: problems(missing), Problems: missing}
	}
	if refused := terms.Unenforceable(); len(refused) > 0 {
		return &Invalid{Kind: InvalidUnenforceable, Field: refused[0].Path, Detail: problems(refused), Problems: refused}
	}
	return nil
}

func problems(list []policy.Problem) string {
	var parts []string
	for _, p := range list {
		parts = append(parts, p.Path+": "+p.Detail)
	}
	return strings.Join(parts, "; ")
}
