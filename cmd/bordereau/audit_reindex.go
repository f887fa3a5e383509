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

// reindex has the flags of the command.
type reindex struct {
	where
	ledgers []string
	json    bool
}

func auditReindexCommand() *cobra.Command {
	var r reindex
	cmd := &cobra.Command{
		Use:   "reindex",
		Short: "Build the index of the ledgers again from the events",
		Long: "Queries find events by an index in the database. When `bordereau audit verify` reports that the index does not agree with " +
			"the events, this command deletes the index and builds it again from the events. The operator's ledger records that.\n\n" +
			"Stop every gateway first, and find out how the index was changed: answers since then may be wrong.\n\n" +
			"The command refuses a ledger whose events were changed themselves, and a database that does not agree with the published " +
			"ledgers. It does not change the columns of the events.",
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
	f.StringSliceVar(&r.ledgers, "ledger", nil, "only these ledgers: clients' ids, or operator (default: all)")
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

// reindexChosen drops the index of each ledger. A ledger that is refused does not keep
// the others from it.
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

// settleReindexed builds the index again, records that, and publishes the event. While
// the ledgers are halted, all of it waits for `audit resume`.
func settleReindexed(ctx context.Context, in *installation.Installation) error {
	reason, err := in.Ledger.LookHalted(ctx)
	if err != nil {
		return err
	}
	if reason != nil {
		in.Log.Warn("the ledgers are halted: run `bordereau audit resume`, which also builds the index and records it", "halted", reason)
		return nil
	}
	if err := in.Ledger.Settle(ctx); err != nil {
		return fmt.Errorf("the index was dropped, and is neither built nor recorded yet. Start a gateway or run this again, and both are done: %w", err)
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
