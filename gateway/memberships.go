package gateway

import (
	"context"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Memberships lists which person holds which role on a contract now, by the memberships'
// identifiers. It is a duty of the client's contract managers, compliance officers and
// auditors. The people who work on a contract do not see who else does.
func (g *Gateway) Memberships(ctx context.Context, caller Caller, contract ContractID, page Page) ([]Membership, string, error) {
	return choke.List(ctx, g.door, caller, page, choke.Listing[queries.Membership, Membership]{
		Action: policy.ActionRoleList,
		Load:   choke.LoadDuty(contract),
		Cursor: choke.ByID("m"),
		Rows: func(ctx context.Context, tx *database.Tx, s *choke.Scene, after string, limit int32) ([]queries.Membership, error) {
			return tx.MembershipPage(ctx, queries.MembershipPageParams{Contract: contract, After: policy.MembershipID(after),
				Now: queries.At(s.Now()), Limit: limit})
		},
		After: func(row queries.Membership) string { return string(row.ID) },
		Item: choke.EachShown(func(m queries.Membership) Membership {
			return Membership{ID: m.ID, Contract: contract, Person: m.Person, Role: m.Role, From: m.ValidFrom.Time(), Until: m.ValidUntil.Time()}
		}),
	})
}
