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
	cmd := &cobra.Command{Use: "audit", Short: "Ask and verify the ledgers: who did what, and proof of it",
		Long: "Ask and verify the ledgers. A ledger is the append-only list of all accesses and changes, allowed or refused. " +
			"Each client has a ledger under its id, and the operator has one named \"operator\". These commands work on an " +
			"installation on this machine, if a flag does not name another source. Gateways may serve meanwhile, but for the " +
			"commands that say to stop them."}
	cmd.AddCommand(auditQueryCommand(), auditQuestionsCommand(), auditAskCommand(), auditExportCommand(), auditVerifyCommand(),
		auditKeyCommand(), auditNewEpochCommand(), auditRepublishCommand(), auditReindexCommand(), auditResumeCommand())
	return cmd
}

// chosenLedgers are the named ledgers, or all ledgers where none is named.
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
