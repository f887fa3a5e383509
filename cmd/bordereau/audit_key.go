package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
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
			return onLedger(cmd.Context(), w, func(ctx context.Context, in *installation) error {
				chosen, err := in.chosenLedgers(ctx, ledgers)
				for _, ledger := range chosen {
					fmt.Fprintln(cmd.OutOrStdout(), in.ledger.VerifierKey(ledger))
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

// onLedger opens what of the installation is about the ledgers and runs f, which reads: nothing is recorded meanwhile.
func onLedger(ctx context.Context, w where, f func(ctx context.Context, in *installation) error) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	in := &installation{config: c, log: newLogger(c.Log)}
	err = in.openLedger(ctx)
	if err == nil {
		err = f(ctx, in)
	}
	return errors.Join(err, in.close())
}
