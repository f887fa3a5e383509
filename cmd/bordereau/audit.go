package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/event"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Ask and verify the audit trail"}
	cmd.AddCommand(auditQueryCommand(), auditQuestionsCommand(), auditAskCommand(), auditExportCommand(), auditVerifyCommand(),
		auditKeyCommand(), auditNewEpochCommand(), auditRepublishCommand(), auditRepostCommand(), auditResumeCommand())
	return cmd
}

// chosenLedgers are the named ledgers, or all of them.
func (in *installation) chosenLedgers(ctx context.Context, named []string) ([]string, error) {
	all, err := in.ledger.Ledgers(ctx)
	if err != nil {
		return nil, err
	}
	if len(named) == 0 {
		return all, nil
	}
	for _, n := range named {
		if !event.ValidLedger(n) || !slices.Contains(all, n) {
			return nil, fmt.Errorf("there is no ledger %q: name a client's id or %q", n, event.Operator)
		}
	}
	return named, nil
}

// onAudit opens the installation and runs f while the ledger works.
func onAudit(ctx context.Context, w where, f func(ctx context.Context, in *installation) error) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	in, err := open(ctx, c, newLogger(c.Log))
	if err != nil {
		return err
	}
	err = in.during(ctx, func(ctx context.Context) error { return f(ctx, in) })
	return errors.Join(err, in.close())
}
