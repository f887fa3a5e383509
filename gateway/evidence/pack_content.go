package evidence

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/bordereau/bordereau/audit/ask"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/policy"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// packContent is what a pack holds, before it is written.
type packContent struct {
	since    int64
	rows     []ask.Stored
	terms    []packTerms
	withheld []withheld
	export   ask.Stored
	tree     *audit.Tree
	bytes    int64

	statements []packMember // that lead from the keys that the ledger has had to the one that it has
}

// packTerms is the text of a contract version as it was approved.
type packTerms struct {
	choke.VersionKey
	text []byte
}

// withheld is a contract version that rows name and the pack does not hold.
type withheld struct {
	Contract string `json:"contract"`
	Version  int64  `json:"version"`
	Why      string `json:"why"`
}

// Why a contract version is not in a pack.
const (
	withheldNotReadable = "not-readable" // the asker may not read the contract
	withheldNotApproved = "not-approved" // the version was never approved: nothing was decided by it
)

// grow counts what the pack holds, and refuses what would be too much.
func (c *packContent) grow(n int) error {
	if c.bytes += int64(n); c.bytes > maxPackBytes || len(c.rows) > maxPackEvents {
		return &choke.Invalid{Kind: choke.InvalidPackTooLarge, Field: "query", Detail: fmt.Sprintf("the answer is too large for one evidence pack, which holds "+
			"at most %d events and %d MiB: narrow it, by time for instance", maxPackEvents, maxPackBytes>>20)}
	}
	return nil
}

// gather reads the answer page by page, each event as it is stored.
func (ev *Evidence) gather(ctx context.Context, ledger string, q LedgerQuestion, c *packContent) error {
	q.Cursor, q.Limit = "", ask.MaxPage
	for {
		answer, err := ev.answer(ctx, ledger, q)
		if err != nil {
			return err
		}
		seqs := make([]int64, len(answer.Events))
		for i, e := range answer.Events {
			seqs[i] = e.Seq
		}
		page, err := ev.ledger.Stored(ctx, ledger, seqs)
		if err != nil {
			return err
		}
		for _, row := range page {
			c.rows = append(c.rows, row)
			if err := c.grow(len(packLine(row))); err != nil {
				return err
			}
		}
		if answer.Next == "" {
			return nil
		}
		q.Cursor = answer.Next
	}
}

// gatherTerms reads the contract versions that the rows name: of contracts of the ledger's own client, as far as the asker
// may read them, and as they were approved.
func (ev *Evidence) gatherTerms(ctx context.Context, ledger string, c *packContent, mayRead func(context.Context, choke.ContractID) error) error {
	for _, contract := range c.named() {
		why := withheldNotReadable
		err := ev.ofClient(ctx, contract.id, ledger)
		if err == nil {
			err = mayRead(ctx, contract.id)
		}
		if err != nil && !choke.IsRefusal(err) {
			return err
		}
		for _, version := range contract.versions {
			v := choke.VersionKey{Contract: contract.id, Version: version}
			if err == nil {
				var text []byte
				if text, why, err = ev.approvedTerms(ctx, v); err != nil {
					return err
				}
				if text != nil {
					c.terms = append(c.terms, packTerms{v, text})
					if err := c.grow(len(text)); err != nil {
						return err
					}
					continue
				}
			}
			c.withheld = append(c.withheld, withheld{string(v.Contract), v.Version, why})
		}
	}
	return nil
}

// keyStatements are the statements about a ledger's keys, under the names that they are published with.
func (ev *Evidence) keyStatements(ledger string) ([]packMember, error) {
	var list []packMember
	for _, r := range ev.ledger.Rotations(ledger) {
		signed, err := ev.ledger.Statement(ledger, r)
		if err != nil {
			return nil, err
		}
		list = append(list, still(fmt.Sprintf("keys/%020d", r.Seq), signed))
	}
	return list, nil
}

type namedContract struct {
	id       choke.ContractID
	versions []int64
}

// named are the contract versions that the rows name, each once, in order.
func (c *packContent) named() []namedContract {
	versions := map[choke.ContractID][]int64{}
	for _, row := range c.rows {
		if e := row.Event; e.Contract != "" && e.Version > 0 {
			versions[choke.ContractID(e.Contract)] = append(versions[choke.ContractID(e.Contract)], e.Version)
		}
	}
	var list []namedContract
	for id, v := range versions {
		slices.Sort(v)
		list = append(list, namedContract{id, slices.Compact(v)})
	}
	slices.SortFunc(list, func(a, b namedContract) int { return cmp.Compare(a.id, b.id) })
	return list
}

// ofClient is ErrNotFound unless the contract is one of the client whose ledger it is.
func (ev *Evidence) ofClient(ctx context.Context, id choke.ContractID, ledger string) error {
	return ev.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		contract, err := tx.Contract(ctx, id)
		if err != nil {
			return choke.OrNotFound(err)
		}
		if contract.Client != policy.OrganisationID(ledger) {
			return choke.ErrNotFound
		}
		return nil
	})
}

// approvedTerms is nil for a version that was not approved, with the reason.
func (ev *Evidence) approvedTerms(ctx context.Context, v choke.VersionKey) (text []byte, why string, err error) {
	err = ev.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: v.Contract, Version: v.Version})
		if choke.IsNoRows(err) || err == nil && row.Approved == 0 {
			why = withheldNotApproved
			return nil
		}
		text = row.Terms
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("reading contract version: %w", err)
	}
	return text, why, nil
}
