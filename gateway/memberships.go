package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Memberships lists which person holds which role on a contract now, by the memberships'
// identifiers. It is a duty of the client's contract managers, compliance officers and
// auditors. The people who work on a contract do not see who else does.
func (g *Gateway) Memberships(ctx context.Context, caller Caller, contract ContractID, page Page) ([]Membership, string, error) {
	if page.After != "" && policy.ParseIdentifier("m", page.After) != nil {
		return nil, "", choke.ErrCursor
	}
	var list []Membership
	var next string
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionRoleList,
		Load:   choke.LoadDuty(contract),
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			rows, err := tx.MembershipPage(ctx, queries.MembershipPageParams{Contract: contract, After: policy.MembershipID(page.After),
				Now: queries.At(s.Now()), Limit: page.Rows()})
			if err != nil {
				return fmt.Errorf("listing memberships: %w", err)
			}
			list, next = nil, ""
			for _, m := range rows {
				list = append(list, Membership{ID: m.ID, Contract: contract, Person: m.Person,
					Role: m.Role, From: m.ValidFrom.Time(), Until: m.ValidUntil.Time()})
			}
			if len(rows) == int(page.Rows()) {
				next = string(rows[len(rows)-1].ID)
			}
			return nil
		},
	})
	return list, next, err
}
