package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/installation"
)

func auditKeyCommand() *cobra.Command {
	var w where
	var ledgers []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Print the verifier keys of the ledgers",
		Long: "Print the verifier key of each ledger, one on a line, as `bordereau audit verify --key` takes it. A proof is worth as much " +
			"as the key that it is checked with. So send the keys to a verifier by a way that the operator of the gateway's machine " +
			"does not control.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return onLedger(cmd.Context(), w, func(ctx context.Context, in *installation.Installation) error {
				chosen, err := chosenLedgers(ctx, in, ledgers)
				for _, ledger := range chosen {
					key := in.Ledger.VerifierKey(ledger)
					if asJSON {
						err = errors.Join(err, printJSON(cmd.OutOrStdout(), map[string]string{"ledger": ledger, "key": key}))
					} else {
						fmt.Fprintln(cmd.OutOrStdout(), key)
					}
				}
				return err
			})
		},
	}
	cmd.AddCommand(auditKeyRotateCommand())
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each ledger")
	cmd.Flags().StringSliceVar(&ledgers, "ledger", nil, "only these ledgers: clients' ids, or operator (default: all)")
	return cmd
}
