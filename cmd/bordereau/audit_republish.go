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
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "republish",
		Short: "Publish the ledgers again, after the published folder was lost or replaced",
		Long: "Publish every ledger again from the database, when the published folder or bucket has less than was published: it is an older " +
			"copy, or a new folder. The files that are still there must agree with the database. Checkpoints of sizes in between are not " +
			"made again; they come back only from copies of other parties. The operator's ledger records the command.\n\n" +
			"Stop every gateway first, and find out how the files were lost: a person who wants to rewrite a ledger would begin there.",
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
			switch {
			case err != nil:
			case asJSON:
				err = printJSON(cmd.OutOrStdout(), map[string]bool{"published": true})
			default:
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "All ledgers are published.")
			}
			return errors.Join(err, in.Close())
		},
	}
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func republish(ctx context.Context, in *installation.Installation) error {
	differences, err := in.Publisher.Differences(ctx)
	if err != nil {
		return err
	}
	for _, difference := range differences {
		if publish.TwoHistories(difference) {
			return fmt.Errorf("the database is older than the published ledgers, or differs from them. Restore a newer backup, or see `bordereau audit new-epoch --help`: %w", difference)
		}
	}
	if len(differences) == 0 {
		return errors.New("nothing is lost: all published files are there, and nothing needs to be published again")
	}
	if err := in.Publisher.Republish(ctx); err != nil {
		return err
	}
	return in.WithLedgerServices(ctx, in.Gateway.LocalRepublish)
}
