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
		Short: "After a restore: repeat the erasures that the database has forgotten",
		Long: "After the database was restored from a backup, repeat every erasure that the erasure journal in the object store " +
			"names and the database does not know. Until then `bordereau serve` refuses to start. Let no gateway run meanwhile. " +
			"An entry of the journal that the receipt key at hand did not sign stops it.",
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
				fmt.Fprintf(out, "%d erasures repeated; the database now knows all that the journal names\n", repeated)
			}
			return err
		},
	}
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each erasure that was repeated")
	return cmd
}

func erasedThing(c gateway.JournalClaims) string {
	if c.Document != "" {
		return string(c.Document)
	}
	return string(c.Contract)
}

// refuseUnknownErasures is why nothing may be served: the database was restored from a backup that brought back what had
// been erased.
func refuseUnknownErasures(ctx context.Context, in *installation.Installation) error {
	unknown, err := in.Gateway.UnknownErasures(ctx)
	if err != nil {
		return err
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("the erasure journal names %d erasures that the database does not know, %s first: the database was restored "+
		"from a backup that is older. Nothing is served before `bordereau keys reapply-erasures` has repeated them", len(unknown), unknown[0])
}
