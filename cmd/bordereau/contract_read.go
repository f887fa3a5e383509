package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

func contractShowCommand() *cobra.Command {
	var version int64
	var terms bool
	cmd := overAPI(&cobra.Command{Use: "show CONTRACT", Short: "Show a contract, or one version of it", Args: cobra.ExactArgs(1)},
		func(ctx context.Context, c *api.Client, s screen, args []string) error {
			if version != 0 {
				v, text, err := api.Read[api.Version](c.GetVersion(ctx, args[0], version))
				return showTerms(s, err, terms, v.Terms, text, versionTable(v))
			}
			contract, text, err := api.Read[api.Contract](c.GetContract(ctx, args[0]))
			return showTerms(s, err, terms, contract.Terms, text, contractTable(contract))
		})
	cmd.Flags().Int64Var(&version, "version", 0, "show this version (default: the state of the contract)")
	cmd.Flags().BoolVar(&terms, "terms", false, "print the terms as they were proposed, byte for byte")
	cmd.MarkFlagsMutuallyExclusive("terms", "json")
	return cmd
}

func showTerms(s screen, err error, onlyTerms bool, terms string, text []byte, table func(io.Writer)) error {
	if err != nil {
		return err
	}
	if onlyTerms {
		_, err := io.WriteString(s.out, terms)
		return err
	}
	return s.show(text, table)
}

func versionTable(v api.Version) func(io.Writer) {
	return func(w io.Writer) {
		row(w, "version", v.Version)
		row(w, "in force", yesNo(v.InForce))
		row(w, "effective", &v.Effective)
		row(w, "proposed", &v.Proposed)
		row(w, "proposed by", v.ProposedBy)
		row(w, "approved", v.Approved)
		row(w, "approved by", value(v.ApprovedBy))
		row(w, "terms sha256", v.TermsSHA256)
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func contractListCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use: "list", Short: "List the contracts that you have a part in", Args: cobra.NoArgs,
		Long: "List the contracts that you have a part in, by their ids. With --json, print one page of the API's answer on each line.",
	}, func(ctx context.Context, c *api.Client, s screen, _ []string) error {
		all, err := allPages(s, func(after *api.After, limit *api.Limit) ([]api.Contract, *string, []byte, error) {
			page, text, err := api.Read[api.ContractPage](c.ListContracts(ctx, &api.ListContractsParams{After: after, Limit: limit}))
			return page.Items, page.Next, text, err
		})
		if err != nil || s.json {
			return err
		}
		return s.show(nil, func(w io.Writer) {
			row(w, "CONTRACT", "REFERENCE", "STATUS", "VERSION", "IN FORCE", "UNTIL", "TITLE")
			for _, c := range all {
				row(w, c.ID, c.Reference, c.Status, c.Version, versionInForce(c), c.Until, c.Title)
			}
		})
	})
}

func contractVersionsCommand() *cobra.Command {
	return overAPI(&cobra.Command{Use: "versions CONTRACT", Short: "List the versions of a contract, oldest first", Args: cobra.ExactArgs(1)},
		func(ctx context.Context, c *api.Client, s screen, args []string) error {
			list, text, err := api.Read[api.VersionList](c.ListVersions(ctx, args[0]))
			if err != nil {
				return err
			}
			return s.show(text, func(w io.Writer) {
				row(w, "VERSION", "IN FORCE", "EFFECTIVE", "PROPOSED BY", "APPROVED BY", "APPROVED")
				for _, v := range list.Items {
					row(w, v.Version, yesNo(v.InForce), &v.Effective, v.ProposedBy, value(v.ApprovedBy), v.Approved)
				}
			})
		})
}

func contractDiffCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use:   "diff CONTRACT BASE VERSION",
		Short: "Compare two versions of a contract: changed terms, and rules that come or go",
		Args:  cobra.ExactArgs(3),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		base, err := versionNumber(args[1])
		if err != nil {
			return err
		}
		version, err := versionNumber(args[2])
		if err != nil {
			return err
		}
		changes, text, err := api.Read[api.VersionChanges](c.ListChanges(ctx, args[0], version, &api.ListChangesParams{Base: base}))
		if err != nil {
			return err
		}
		return s.show(text, changesTable(changes))
	})
}

func versionNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, usageError("a version is a whole number from 1 on, as `bordereau contract versions` lists them")
	}
	return n, nil
}

func changesTable(c api.VersionChanges) func(io.Writer) {
	return func(w io.Writer) {
		if len(c.Terms) == 0 {
			fmt.Fprintf(w, "Versions %d and %d have the same terms.\n", c.Version, c.Base)
			return
		}
		termChanges(w, c.Base, c.Version, c.Terms)
		if len(c.Rules) == 0 {
			fmt.Fprintln(w, "\nNo rule comes or goes.")
			return
		}
		fmt.Fprintln(w)
		row(w, "RULE", "ROLE", "CLASS", "ACTION", "PHASE", "CLAUSE")
		for _, r := range c.Rules {
			row(w, opensCloses(r.Opens), r.Role, r.Class, r.Action, r.Phase, r.Clause)
		}
	}
}

func termChanges(w io.Writer, before, after int64, changes []api.TermChange) {
	row(w, "TERM", fmt.Sprint("VERSION ", before), fmt.Sprint("VERSION ", after))
	for _, t := range changes {
		row(w, t.Path, value(t.Before), value(t.After))
	}
}

func opensCloses(opens bool) string {
	if opens {
		return "opens"
	}
	return "closes"
}

// dayOrTime reads a day or a time.
func dayOrTime(text string) (day string, at *time.Time, err error) {
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text, nil, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", nil, usageError("DATE must be a day as in 2026-11-25, or a time as in 2026-11-25T09:30:00Z")
	}
	return "", &t, nil
}
