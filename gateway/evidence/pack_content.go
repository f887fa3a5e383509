package evidence

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
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

	statements []packMember // of former keys, from each to the one that followed it
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

// The reasons why a contract version is not in a pack.
const (
	withheldNotReadable = "not-readable" // the asker may not read the contract
	withheldNotApproved = "not-approved" // the version was never approved, so nothing was decided by it
)

// grow adds n bytes to the size of the pack, and refuses a pack that is too large.
func (c *packContent) grow(n int) error {
	if c.bytes += int64(n); c.bytes > maxPackBytes || len(c.rows) > maxPackEvents {
		return &choke.Invalid{Kind: choke.InvalidPackTooLarge, Field: "query", Detail: fmt.Sprintf("the answer is too large for one evidence pack, which holds "+
			"at most %d events and %d MiB: narrow the question, by time for instance", maxPackEvents, maxPackBytes>>20)}
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
		page, err := ev.asker.Stored(ctx, ledger, seqs)
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

// gatherTerms reads the contract versions that the rows name, as they were approved. It
// takes only contracts of the ledger's own client that the asker may read.
func (ev *Evidence) gatherTerms(ctx context.Context, ledger string, c *packContent, asker onBehalf) error {
	for _, contract := range c.named() {
		why := withheldNotReadable
		err := asker.view.checkClient(ctx, contract.id, ledger)
		if err == nil {
			err = asker.mayRead(ctx, contract.id)
		}
		if err != nil && !choke.IsRefusal(err) {
			return err
		}
		for _, version := range contract.versions {
			v := choke.VersionKey{Contract: contract.id, Version: version}
			if err == nil {
				var text []byte
				if text, why, err = asker.view.approvedTerms(ctx, v); err != nil {
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

// keyStatements are the statements about a ledger's keys, under the names under which
// they are published.
func (ev *Evidence) keyStatements(ledger string) ([]packMember, error) {
	var list []packMember
	for _, r := range ev.proofs.Rotations(ledger) {
		signed, err := ev.proofs.Statement(ledger, r)
		if err != nil {
			return nil, err
		}
		list = append(list, fixed(fmt.Sprintf("keys/%020d", r.Seq), signed))
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

// checkClient is ErrNotFound unless the contract is one of the client whose ledger it is.
func (v view) checkClient(ctx context.Context, id choke.ContractID, ledger string) error {
	return v(ctx, func(ctx context.Context, tx *database.Tx) error {
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

// approvedTerms is the text of a version. It is nil, with the reason, for a version that
// was not approved.
func (v view) approvedTerms(ctx context.Context, of choke.VersionKey) (text []byte, why string, err error) {
	err = v(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: of.Contract, Version: of.Version})
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
