package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/installation"
)

func auditResumeCommand() *cobra.Command {
	var w where
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Let halted ledgers go on, once they are what was published",
		Long: "Ledgers are halted, on every replica, when what was published of them and what the database holds cannot both be. This takes " +
			"the halt back. It first compares again, and verifies every ledger as `audit verify` does, and refuses while anything is wrong: put " +
			"the database or the published folder right before it. Gateways that run have to be started again. The resumption is an event of " +
			"the operator's ledger.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return resume(cmd.Context(), w, cmd.OutOrStdout()) },
	}
	w.addFlags(cmd)
	return cmd
}

func resume(ctx context.Context, w where, out io.Writer) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	in, err := open(ctx, c)
	if err != nil {
		return err
	}
	ticket, err := resumeLedgers(ctx, in, out)
	if err := errors.Join(err, in.Close()); err != nil {
		return err
	}
	// Opened afresh, because to this process the ledgers stay halted.
	return onAudit(ctx, w, func(ctx context.Context, in *installation.Installation) error {
		if _, err := in.Ledger.Wait(ctx, ticket); err != nil {
			return fmt.Errorf("the ledgers may go on, and the event that says so is not recorded yet; the next process does it: %w", err)
		}
		fmt.Fprintln(out, "the ledgers go on; start the gateways again")
		return nil
	})
}

// resumeLedgers takes the halt back when nothing speaks against it.
func resumeLedgers(ctx context.Context, in *installation.Installation, out io.Writer) (audit.Ticket, error) {
	reason, err := in.Ledger.LookHalted(ctx)
	if err == nil && reason == nil {
		err = audit.ErrNotHalted
	}
	if err != nil {
		return audit.Ticket{}, err
	}
	fmt.Fprintln(out, reason)
	if err := in.CheckPublished(ctx); err != nil {
		return audit.Ticket{}, err
	}
	if err := verifyLedgers(ctx, in, nil, nil, false, out); err != nil {
		return audit.Ticket{}, err
	}
	return in.Gateway.ResumeLedgers(ctx)
}
