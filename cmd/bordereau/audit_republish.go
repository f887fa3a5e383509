package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/installation"
)

func auditRepublishCommand() *cobra.Command {
	var w where
	cmd := &cobra.Command{
		Use:   "republish",
		Short: "Publish the ledgers again, where what was published is lost",
		Long: "Publish every ledger again, whole, where less of one is published than was: its folder went back, or was replaced. What is still " +
			"there must be the same. Checkpoints of sizes in between come back only from copies that others have. It is recorded in the " +
			"operator's ledger. Find out first how it was lost: whoever wants to rewrite a ledger begins there.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := w.load()
			if err != nil {
				return err
			}
			in, err := open(cmd.Context(), c)
			if err != nil {
				return err
			}
			err = in.Exclusively(cmd.Context(), func(ctx context.Context) error { return republish(ctx, in) })
			if err == nil {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "All ledgers are published.")
			}
			return errors.Join(err, in.Close())
		},
	}
	w.addFlags(cmd)
	return cmd
}

func republish(ctx context.Context, in *installation.Installation) error {
	differences, err := in.Publisher.Differences(ctx)
	if err != nil {
		return err
	}
	for _, difference := range differences {
		if publish.TwoHistories(difference) {
			return fmt.Errorf("it is the database that went back, or differs: %w", difference)
		}
	}
	if len(differences) == 0 {
		return errors.New("nothing is lost: all that was published is there")
	}
	if err := in.Publisher.Republish(ctx); err != nil {
		return err
	}
	return in.WithLedgerServices(ctx, in.Gateway.LocalRepublish)
}
