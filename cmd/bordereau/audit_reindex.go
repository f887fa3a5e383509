package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/installation"
)

// reindex is what the flags say.
type reindex struct {
	where
	ledgers []string
	json    bool
}

func auditReindexCommand() *cobra.Command {
	var r reindex
	cmd := &cobra.Command{
		Use:   "reindex",
		Short: "Build the index that queries go by again from the events",
		Long: "Drop the index of ledgers and build it again from their events, where `audit verify` found that it says something else. " +
			"A ledger is refused when its events are not those that its head is over, because then it is not the index that is wrong; " +
			"so is a database that is not what was published of it. Columns are left as they are. It is recorded in the operator's " +
			"ledger. Stop every gateway, and find out first who could change the index: queries were answered from it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := r.load()
			if err != nil {
				return err
			}
			return reindexLedgers(cmd.Context(), c, r, cmd.OutOrStdout())
		},
	}
	r.addFlags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&r.ledgers, "ledger", nil, "only these ledgers: clients' ids or operator (default: all)")
	f.BoolVar(&r.json, "json", false, "print one JSON object per ledger")
	return cmd
}

func reindexLedgers(ctx context.Context, c config.Config, r reindex, out io.Writer) error {
	in, err := open(ctx, c)
	if err != nil {
		return err
	}
	err = in.Exclusively(ctx, func(ctx context.Context) error { return reindexChosen(ctx, in, r, out) })
	return errors.Join(err, in.Close())
}

// reindexChosen has the index built again, ledger by ledger: one that is refused keeps none
// of the others from it.
func reindexChosen(ctx context.Context, in *installation.Installation, r reindex, out io.Writer) error {
	if err := in.CheckPublished(ctx); err != nil {
		return err
	}
	ledgers, err := chosenLedgers(ctx, in, r.ledgers)
	if err != nil {
		return err
	}
	var done []audit.Reindexed
	var refused error
	for _, ledger := range ledgers {
		one, err := in.Gateway.LocalReindex(ctx, ledger)
		if err != nil {
			refused = errors.Join(refused, err)
			continue
		}
		done = append(done, one)
	}
	return errors.Join(printReindexed(done, r.json, out), refused, settleReindexed(ctx, in))
}

// settleReindexed builds the index again, records that, and publishes it. While the ledgers
// are halted all of it waits for their resumption.
func settleReindexed(ctx context.Context, in *installation.Installation) error {
	reason, err := in.Ledger.LookHalted(ctx)
	if err != nil {
		return err
	}
	if reason != nil {
		in.Log.Warn("the ledgers are halted: the index is built again, and that is recorded, once they are resumed", "halted", reason)
		return nil
	}
	if err := in.Ledger.Settle(ctx); err != nil {
		return fmt.Errorf("the index was dropped, and neither built again nor recorded yet; the next process does both: %w", err)
	}
	return in.Publisher.Publish(ctx)
}

func printReindexed(done []audit.Reindexed, asJSON bool, out io.Writer) error {
	if asJSON {
		return encodeEach(done, out)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LEDGER\tEVENTS\tBLOCKS")
	for _, one := range done {
		fmt.Fprintf(table, "%s\t%d\t%d\n", one.Ledger, one.Events, one.Blocks)
	}
	return table.Flush()
}
