package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/installation"
)

func auditKeyCommand() *cobra.Command {
	var w where
	var ledgers []string
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Print the keys that checkpoints are verified with",
		Long: "Print the verifier key of each ledger, one in a line, as `audit verify --key` takes them. Hand them over by a way that " +
			"does not go through whoever runs the gateway's machine: they are what makes a proof one.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return onLedger(cmd.Context(), w, func(ctx context.Context, in *installation.Installation) error {
				chosen, err := chosenLedgers(ctx, in, ledgers)
				for _, ledger := range chosen {
					fmt.Fprintln(cmd.OutOrStdout(), in.Ledger.VerifierKey(ledger))
				}
				return err
			})
		},
	}
	cmd.AddCommand(auditKeyRotateCommand())
	w.addFlags(cmd)
	cmd.Flags().StringSliceVar(&ledgers, "ledger", nil, "ledgers: clients' ids or operator (default all)")
	return cmd
}
