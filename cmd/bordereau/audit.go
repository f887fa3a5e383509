package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/installation"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Ask and verify the audit trail"}
	cmd.AddCommand(auditQueryCommand(), auditQuestionsCommand(), auditAskCommand(), auditExportCommand(), auditVerifyCommand(),
		auditKeyCommand(), auditNewEpochCommand(), auditRepublishCommand(), auditReindexCommand(), auditResumeCommand())
	return cmd
}

// chosenLedgers are the named ledgers, or all of them.
func chosenLedgers(ctx context.Context, in *installation.Installation, named []string) ([]string, error) {
	all, err := in.Ledger.Ledgers(ctx)
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
