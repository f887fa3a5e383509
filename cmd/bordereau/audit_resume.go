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
		Short: "End a halt of the ledgers, when they agree with the published ones again",
		Long: "The gateways halt the ledgers when the database and the published ledgers contradict each other. Every request is then refused. " +
			"This command ends the halt. It first compares database and published ledgers again and verifies every ledger, as " +
			"`bordereau audit verify` does. It refuses while anything is wrong, so repair the database or the published ledgers before.\n\n" +
			"Start the gateways again afterwards, those that are running too. The operator's ledger records the command.",
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
	// The installation is opened anew, because for the one opened before the ledgers stay
	// halted.
	return onAudit(ctx, w, func(ctx context.Context, in *installation.Installation) error {
		if _, err := in.Ledger.Wait(ctx, ticket); err != nil {
			return fmt.Errorf("the halt has ended, and the event about it is not recorded yet. Start a gateway, which records it: %w", err)
		}
		fmt.Fprintln(out, "the ledgers go on: start the gateways again")
		return nil
	})
}

// resumeLedgers ends the halt when nothing is wrong with the ledgers.
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
