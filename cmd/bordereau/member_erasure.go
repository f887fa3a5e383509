package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

func memberErasureCommand() *cobra.Command {
	return group("erasure", "Erase, at a person's request, what is personal beside their events in a ledger",
		erasureProposeCommand(), erasureApproveCommand(), erasureShowCommand())
}

func erasureProposeCommand() *cobra.Command {
	var ledger, reason string
	cmd := overAPI(&cobra.Command{
		Use:   "propose PERSON",
		Short: "Propose to erase what is personal beside the events of what a person did",
		Long: "Propose to erase what is personal beside the events of what a person did, in one ledger. Nothing is erased until somebody " +
			"else approves. Repeated, it is the same proposal.",
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
		Short: "Approve an erasure that somebody else proposed, of somebody else",
		Long: "Approve an erasure that somebody else proposed, of somebody else. What the person did before now loses what is personal beside " +
			"it, for good; the events stay, and so does every proof. Repeated, it is the same erasure, which goes on at once.",
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		return s.showErasure(api.Read[api.PersonErasure](c.ApprovePersonErasure(ctx, ledger, args[0])))
	})
	addLedger(cmd, &ledger)
	return cmd
}

func erasureShowCommand() *cobra.Command {
	var ledger string
	cmd := overAPI(&cobra.Command{Use: "show ERASURE", Short: "Show how far an erasure has come", Args: cobra.ExactArgs(1)},
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
			fmt.Fprintln(w, "\nWhat is not old enough yet, or under a legal hold, is still there; it goes by itself when nothing keeps it any more.")
		}
	})
}

// addLedger adds the flag that says which ledger a command is about.
func addLedger(cmd *cobra.Command, ledger *string) {
	cmd.Flags().StringVar(ledger, "ledger", "", "the ledger: a client's id, or operator")
	required(cmd, "ledger")
}
