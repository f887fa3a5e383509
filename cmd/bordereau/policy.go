package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

func policyCommand() *cobra.Command {
	return group("policy", "Ask who can read what, now or on a past day, and try a new version or a request",
		policyWhoCommand(), policyAsOfCommand(), policyImpactCommand(), policySimulateCommand())
}

func policyWhoCommand() *cobra.Command {
	var contract, batch, document string
	cmd := overAPI(&cobra.Command{
		Use:   "who",
		Short: "List the people who can read a document, a batch or a contract's documents now, and why",
		Long: "List every person to whom documents are assigned, with the answer to an attempt to read now. The answer names the clause that " +
			"allows it, or the reason that refuses it. Nothing is read. The client's ledger records the question.",
		Args: cobra.NoArgs,
	}, func(ctx context.Context, c *api.Client, s screen, _ []string) error {
		readers, text, err := api.Read[api.Readers](c.ListReaders(ctx, &api.ListReadersParams{
			Contract: optional(contract), Batch: optional(batch), Document: optional(document)}))
		if err != nil {
			return err
		}
		return s.show(text, readersTable(readers, "No one can read it: none of it is assigned."))
	})
	f := cmd.Flags()
	f.StringVar(&document, "document", "", "id of a document")
	f.StringVar(&batch, "batch", "", "id of a batch")
	f.StringVar(&contract, "contract", "", "id of a contract")
	cmd.MarkFlagsOneRequired("document", "batch", "contract")
	cmd.MarkFlagsMutuallyExclusive("document", "batch", "contract")
	return cmd
}

func policyAsOfCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use:   "as-of PERSON DATE",
		Short: "List the documents that a person could read on a past day or at a past time",
		Long: "List the documents that a person could read on a day (2026-11-25, in the time zone of each contract) or at a time " +
			"(2026-11-25T09:30:00Z), under the contracts of your organisation. The answer follows from the facts of that time, but for the " +
			"daily ceilings, which are not counted.",
		Args: cobra.ExactArgs(2),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		day, at, err := dayOrTime(args[1])
		if err != nil {
			return err
		}
		readers, text, err := api.Read[api.Readers](c.GetPast(ctx, &api.GetPastParams{Person: args[0], On: optional(day), At: at}))
		if err != nil {
			return err
		}
		return s.show(text, readersTable(readers, "Nothing was assigned to this person then."))
	})
}

// readersTable shows each reader in a line, with the answer and its grounds. none is the
// text for an empty list.
func readersTable(r api.Readers, none string) func(io.Writer) {
	return func(w io.Writer) {
		if len(r.Items) == 0 {
			fmt.Fprintln(w, none)
			return
		}
		row(w, "PERSON", "ANSWER", "CLAUSE", "CLASS", "DOCUMENTS", "BYTES", "AT", "LEASE UNTIL", "VERSION", "ASSIGNMENT", "BATCH", "CONTRACT")
		for _, x := range r.Items {
			row(w, x.Person, answerOf(x.Decision), value(x.Decision.Clause), x.Class, x.Documents, x.Bytes, &x.At, x.LeaseUntil,
				x.Version, x.Assignment, x.Batch, x.Contract)
		}
		if !r.Complete {
			fmt.Fprintln(w, "\nThere are more: ask about one batch or document.")
		}
	}
}

// answerOf is a decision in words: `can read`, or the first reason against it.
func answerOf(d api.Decision) string {
	if d.Allowed {
		return "can read"
	}
	return "cannot: " + d.Reason
}

func policyImpactCommand() *cobra.Command {
	var version int64
	cmd := overAPI(&cobra.Command{
		Use:   "impact CONTRACT",
		Short: "Show the accesses that a version of a contract would open and close",
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		impact, text, err := api.Read[api.Impact](c.GetImpact(ctx, args[0], version))
		if err != nil {
			return err
		}
		return s.show(text, impactTable(impact))
	})
	cmd.Flags().Int64Var(&version, "version", 0, "number of the version, approved or not")
	required(cmd, "version")
	return cmd
}

func impactTable(i api.Impact) func(io.Writer) {
	return func(w io.Writer) {
		if i.Before == 0 {
			fmt.Fprintf(w, "Version %d; none is in force now.\n", i.After)
		} else {
			fmt.Fprintf(w, "Version %d, compared with version %d, which is in force.\n", i.After, i.Before)
		}
		for _, p := range i.Problems {
			fmt.Fprintf(w, "  cannot be approved: %s\n", termsLine("", value(p.Line), p.Path, p.Detail))
		}
		if len(i.Terms) > 0 {
			fmt.Fprintln(w)
			termChanges(w, i.Before, i.After, i.Terms)
		}
		if len(i.Rules) > 0 {
			fmt.Fprintln(w)
			row(w, "RULE", "ROLE", "CLASS", "ACTION", "PHASE", "CLAUSE", "DOCUMENTS", "BYTES", "MEMBERS")
		}
		for _, r := range i.Rules {
			row(w, opensCloses(r.Opens), r.Role, r.Class, r.Action, r.Phase, r.Clause, r.Documents, r.Bytes, strings.Join(r.Members, " "))
		}
		changedReaders(w, i)
	}
}

func changedReaders(w io.Writer, i api.Impact) {
	fmt.Fprintln(w)
	if len(i.Readers) == 0 {
		fmt.Fprintln(w, "No answer changes for the present assignments.")
		return
	}
	row(w, "PERSON", "NOW", "THEN", "CLASS", "DOCUMENTS", "BYTES", "ASSIGNMENT", "BATCH")
	for _, r := range i.Readers {
		row(w, r.Person, answerOf(r.Decision), answerOf(value(r.After)), r.Class, r.Documents, r.Bytes, r.Assignment, r.Batch)
	}
	if !i.Complete {
		fmt.Fprintln(w, "\nThere are more readers.")
	}
}
