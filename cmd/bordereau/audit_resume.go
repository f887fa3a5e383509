package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit"
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
	in, err := open(ctx, c, newLogger(c.Log))
	if err != nil {
		return err
	}
	ticket, err := in.resume(ctx, out)
	if err := errors.Join(err, in.close()); err != nil {
		return err
	}
	// Opened afresh, because to this process the ledgers stay halted.
	return onAudit(ctx, w, func(ctx context.Context, in *installation) error {
		if _, err := in.ledger.Wait(ctx, ticket); err != nil {
			return fmt.Errorf("the ledgers may go on, and the event that says so is not recorded yet; the next process does it: %w", err)
		}
		fmt.Fprintln(out, "the ledgers go on; start the gateways again")
		return nil
	})
}

// resume takes the halt back when nothing speaks against it.
func (in *installation) resume(ctx context.Context, out io.Writer) (audit.Ticket, error) {
	reason, err := in.ledger.LookHalted(ctx)
	if err == nil && reason == nil {
		err = audit.ErrNotHalted
	}
	if err != nil {
		return audit.Ticket{}, err
	}
	fmt.Fprintln(out, reason)
	if err := in.checkPublished(ctx); err != nil {
		return audit.Ticket{}, err
	}
	if err := in.verifyAll(ctx, nil, nil, false, out); err != nil {
		return audit.Ticket{}, err
	}
	return in.gateway.ResumeLedgers(ctx)
}

// checkHalted refuses to begin while the ledgers are halted, and says what to do.
func (in *installation) checkHalted(ctx context.Context) error {
	reason, err := in.ledger.LookHalted(ctx)
	if err != nil || reason == nil {
		return err
	}
	return fmt.Errorf("%w\n\nThe ledgers are halted and nothing is recorded. Find out why what was published and the database differ, with\n"+
		"`bordereau audit verify`; put right the one that is wrong; then let them go on with `bordereau audit resume`", reason)
}
