package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

func memberCommand() *cobra.Command {
	return group("member", "Manage people and their personal data in the ledgers, through a gateway",
		memberLeaveCommand(), memberErasureCommand(), memberHoldCommand())
}

func memberLeaveCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use:   "leave PERSON",
		Short: "End a person's membership, duties, roles, assignments and credentials now",
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		if _, _, err := api.Read[struct{}](c.EndMember(ctx, args[0])); err != nil {
			return err
		}
		return s.done("%s has no access any more", args[0])
	})
}

func memberGrantCommand() *cobra.Command {
	var person, role, until string
	cmd := overAPI(&cobra.Command{
		Use:   "grant CONTRACT",
		Short: "Give a person a role on a contract, with or without an end",
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		n := api.NewMembership{Person: person, Role: api.Role(role)}
		if until != "" {
			t, err := time.Parse(time.RFC3339, until)
			if err != nil {
				return usageError("--until must be a time as in 2026-12-31T18:00:00Z")
			}
			n.Until = &t
		}
		m, text, err := api.Read[api.Membership](c.GrantRole(ctx, args[0], n))
		if err != nil {
			return err
		}
		return s.show(text, func(w io.Writer) {
			row(w, "membership", m.ID)
			row(w, "contract", m.Contract)
			row(w, "person", m.Person)
			row(w, "role", m.Role)
			row(w, "from", &m.From)
			row(w, "until", m.Until)
		})
	})
	f := cmd.Flags()
	f.StringVar(&person, "person", "", "id of the person, or of the client's system")
	f.StringVar(&role, "role", "", "the role: "+rolesOnContracts())
	f.StringVar(&until, "until", "", "when the role ends by itself, as in 2026-12-31T18:00:00Z (default: no end)")
	required(cmd, "person", "role")
	return cmd
}

// rolesOnContracts lists the roles that a contract gives.
func rolesOnContracts() string {
	var list []string
	for _, r := range policy.Roles() {
		if r.Side != "" {
			list = append(list, string(r.Role))
		}
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

func memberEndCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use:   "end CONTRACT MEMBERSHIP",
		Short: "End a person's role on a contract now; `list` shows the MEMBERSHIP",
		Args:  cobra.ExactArgs(2),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		if _, _, err := api.Read[struct{}](c.EndRole(ctx, args[0], args[1])); err != nil {
			return err
		}
		return s.done("%s is over; the record of it stays", args[1])
	})
}

func membersCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use: "list CONTRACT", Short: "List the people who have a role on a contract now", Args: cobra.ExactArgs(1),
		Long: "List the people who have a role on a contract now. With --json, print one page of the API's answer on each line.",
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		members, err := allPages(s, func(after *api.After, limit *api.Limit) ([]api.Membership, *string, []byte, error) {
			page, text, err := api.Read[api.MembershipPage](c.ListMemberships(ctx, args[0], &api.ListMembershipsParams{After: after, Limit: limit}))
			return page.Items, page.Next, text, err
		})
		if err != nil || s.json {
			return err
		}
		return s.show(nil, func(w io.Writer) {
			row(w, "MEMBERSHIP", "PERSON", "ROLE", "FROM", "UNTIL")
			for _, m := range members {
				row(w, m.ID, m.Person, m.Role, &m.From, m.Until)
			}
		})
	})
}
