package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

func memberErasureCommand() *cobra.Command {
	return group("erasure", "Erase a person's personal data from a ledger, at the person's request",
		erasureProposeCommand(), erasureApproveCommand(), erasureShowCommand())
}

func erasureProposeCommand() *cobra.Command {
	var ledger, reason string
	cmd := overAPI(&cobra.Command{
		Use:   "propose PERSON",
		Short: "Propose to erase the personal data beside a person's events",
		Long: "Propose to erase the personal data beside the events of a person's acts, in one ledger. Nothing is erased until another person " +
			"approves the proposal. A repeated command returns the same proposal.",
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		return s.showErasure(api.Read[api.PersonErasure](c.ProposePersonErasure(ctx, ledger, api.PersonReason{Person: args[0], Reason: reason})))
	})
	addLedger(cmd, &ledger)
	addReason(cmd, &reason)
	return cmd
}

func erasureApproveCommand() *cobra.Command {
	var ledger string
	cmd := overAPI(&cobra.Command{
		Use:   "approve ERASURE",
		Short: "Approve an erasure that another person proposed",
		Long: "Approve an erasure that another person proposed. You cannot approve the erasure of your own data. The personal data beside all " +
			"acts of the person until now is destroyed for good. The events stay, and every proof of them holds. A repeated command " +
			"continues the same erasure at once.",
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		return s.showErasure(api.Read[api.PersonErasure](c.ApprovePersonErasure(ctx, ledger, args[0])))
	})
	addLedger(cmd, &ledger)
	return cmd
}

func erasureShowCommand() *cobra.Command {
	var ledger string
	cmd := overAPI(&cobra.Command{Use: "show ERASURE", Short: "Show the state of an erasure", Args: cobra.ExactArgs(1)},
		func(ctx context.Context, c *api.Client, s screen, args []string) error {
			return s.showErasure(api.Read[api.PersonErasure](c.GetPersonErasure(ctx, ledger, args[0])))
		})
	addLedger(cmd, &ledger)
	return cmd
}

func (s screen) showErasure(e api.PersonErasure, text []byte, err error) error {
	if err != nil {
		return err
	}
	return s.show(text, func(w io.Writer) {
		row(w, "erasure", e.ID)
		row(w, "ledger", e.Ledger)
		row(w, "person", e.Person)
		row(w, "state", e.State)
		row(w, "reason", e.Reason)
		row(w, "proposed", &e.Proposed)
		row(w, "proposed by", e.ProposedBy)
		row(w, "approved", e.Decided)
		row(w, "approved by", value(e.DecidedBy))
		row(w, "finished", e.Finished)
		row(w, "events erased", e.Erased)
		if e.State == api.PersonErasureStateRunning {
			fmt.Fprintln(w, "\nData that is not old enough yet, or under a legal hold, is still there. The gateway erases it when it may.")
		}
	})
}

// addLedger adds the flag that names the ledger of a command.
func addLedger(cmd *cobra.Command, ledger *string) {
	cmd.Flags().StringVar(ledger, "ledger", "", "the ledger: a client's id, or operator")
	required(cmd, "ledger")
}
