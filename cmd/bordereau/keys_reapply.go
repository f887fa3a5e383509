package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func keysReapplyCommand() *cobra.Command {
	var w where
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reapply-erasures",
		Short: "After a restore: repeat the erasures that the database does not have",
		Long: "After the database was restored from a backup, it may have documents again that were erased since. The erasure journal in the " +
			"object store names them, and `bordereau serve` refuses to start. This command repeats every erasure of the journal that the " +
			"database does not have. Stop every gateway first. The command stops at an entry of the journal that the configured receipt " +
			"key did not sign.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out, repeated := cmd.OutOrStdout(), 0
			err := onAudit(cmd.Context(), w, func(ctx context.Context, in *installation.Installation) error {
				return in.Gateway.ReapplyErasures(ctx, func(c gateway.JournalClaims) {
					repeated++
					if asJSON {
						json.NewEncoder(out).Encode(c)
						return
					}
					fmt.Fprintf(out, "repeated  %s  %s\n", c.ID, erasedThing(c))
				})
			})
			if err == nil && !asJSON {
				fmt.Fprintf(out, "%d erasures repeated; the database now has all erasures of the journal\n", repeated)
			}
			return err
		},
	}
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each repeated erasure")
	return cmd
}

func erasedThing(c gateway.JournalClaims) string {
	if c.Document != "" {
		return string(c.Document)
	}
	return string(c.Contract)
}

// refuseUnknownErasures returns the reason why no gateway may serve: the database was
// restored from a backup that has erased documents.
func refuseUnknownErasures(ctx context.Context, in *installation.Installation) error {
	unknown, err := in.Gateway.UnknownErasures(ctx)
	if err != nil {
		return err
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("the erasure journal names %d erasures that the database does not know, %s first: the database was restored "+
		"from an older backup. Run `bordereau keys reapply-erasures`, which repeats them, and then start again", len(unknown), unknown[0])
}
