package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

func contractCommand() *cobra.Command {
	return group("contract", "Propose, approve, amend, end and read contracts, through a gateway",
		contractSchemaCommand(), contractCheckCommand(), contractProposeCommand(), contractApproveCommand(), contractAmendCommand(),
		statusCommand("suspend", "Stop every access under a contract at once, until it is resumed", (*api.Client).SuspendContract),
		statusCommand("resume", "End a suspension", (*api.Client).ResumeContract),
		statusCommand("terminate", "End a contract for good; acts that its wind-down terms allow go on for their days", (*api.Client).TerminateContract),
		statusCommand("exit", "Close a terminated contract, and end the acts of its wind-down", (*api.Client).ExitContract),
		contractShowCommand(), contractListCommand(), contractVersionsCommand(), contractDiffCommand(),
		group("member", "Give people roles on a contract, and end them", memberGrantCommand(), memberEndCommand(), membersCommand()),
	)
}

// statusCommand makes a command that moves a contract to another status, with a reason
// for the record.
func statusCommand(verb, short string, change func(*api.Client, context.Context, string, api.StatusChange, ...api.RequestEditorFn) (*http.Response, error)) *cobra.Command {
	var reason string
	cmd := overAPI(&cobra.Command{Use: verb + " CONTRACT", Short: short, Args: cobra.ExactArgs(1)},
		func(ctx context.Context, c *api.Client, s screen, args []string) error {
			contract, text, err := api.Read[api.Contract](change(c, ctx, args[0], api.StatusChange{Reason: reason}))
			if err != nil {
				return err
			}
			return s.show(text, contractTable(contract))
		})
	addReason(cmd, &reason)
	return cmd
}

func contractApproveCommand() *cobra.Command {
	var version int64
	cmd := overAPI(&cobra.Command{
		Use:   "approve CONTRACT",
		Short: "Approve a version that another person proposed",
		Long: "Approve a version that another person of your organisation proposed. The version must be complete, and this gateway must be " +
			"able to enforce it. It is in force from its effective date on, or at once when that date is past.",
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		contract, text, err := api.Read[api.Contract](c.ApproveContract(ctx, args[0], api.Approval{Version: version}))
		if err != nil {
			return err
		}
		return s.show(text, contractTable(contract))
	})
	cmd.Flags().Int64Var(&version, "version", 0, "number of the version that you have read and approve")
	required(cmd, "version")
	return cmd
}

// addReason adds the flag for a reason that is kept.
func addReason(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "the reason, for the record: 1 to 200 bytes, no personal data")
	required(cmd, "reason")
}

// required marks flags that a command cannot do without.
func required(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // the command has no such flag
		}
	}
}

// contractTable shows the state of a contract, and the reasons why its newest version
// cannot be approved yet.
func contractTable(c api.Contract) func(io.Writer) {
	return func(w io.Writer) {
		row(w, "contract", c.ID)
		row(w, "reference", c.Reference)
		row(w, "title", c.Title)
		row(w, "client", c.Client)
		row(w, "provider", c.Provider)
		row(w, "status", c.Status)
		row(w, "newest version", c.Version)
		row(w, "in force", versionInForce(c))
		row(w, "from", c.From)
		row(w, "until", c.Until)
		row(w, "terms sha256", c.TermsSHA256)
		if len(c.Missing) > 0 {
			fmt.Fprintf(w, "\nVersion %d cannot be approved yet:\n", c.Version)
		}
		for _, m := range c.Missing {
			fmt.Fprintf(w, "  %s\n", termsLine("", value(m.Line), m.Path, m.Detail))
		}
		if len(c.Recorded) > 0 {
			fmt.Fprintf(w, "\nNothing enforces these terms of version %d yet:\n", c.Version)
		}
		for _, r := range c.Recorded {
			fmt.Fprintf(w, "  %s\n", termsLine("", value(r.Line), r.Path, r.Detail))
		}
	}
}

func versionInForce(c api.Contract) string {
	if c.InForce == nil {
		return "none"
	}
	return fmt.Sprint(*c.InForce)
}
