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

// repost is what the flags say.
type repost struct {
	where
	ledgers []string
	json    bool
}

func auditRepostCommand() *cobra.Command {
	var r repost
	cmd := &cobra.Command{
		Use:   "repost",
		Short: "Make again what events are found by, where somebody changed it",
		Long: "Make the postings of ledgers again from their events, where `audit verify` found that they say something else. A ledger whose " +
			"events are not those that it goes on from is refused, because then it is not the postings that are wrong; so is a database that is " +
			"not what was published of it. Columns of the index are left as they are. It is recorded in the operator's ledger. Stop every " +
			"gateway, and find out first who could change them: queries were answered from them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := r.load()
			if err != nil {
				return err
			}
			return repostLedgers(cmd.Context(), c, r, cmd.OutOrStdout())
		},
	}
	r.addFlags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&r.ledgers, "ledger", nil, "only these ledgers: clients' ids or operator (default: all)")
	f.BoolVar(&r.json, "json", false, "print one JSON object per ledger")
	return cmd
}

func repostLedgers(ctx context.Context, c config.Config, r repost, out io.Writer) error {
	in, err := open(ctx, c)
	if err != nil {
		return err
	}
	err = in.Exclusively(ctx, func(ctx context.Context) error { return repostChosen(ctx, in, r, out) })
	return errors.Join(err, in.Close())
}

// repostChosen makes postings again, ledger by ledger: one that is refused keeps none of the others from it.
func repostChosen(ctx context.Context, in *installation.Installation, r repost, out io.Writer) error {
	if err := in.CheckPublished(ctx); err != nil {
		return err
	}
	ledgers, err := chosenLedgers(ctx, in, r.ledgers)
	if err != nil {
		return err
	}
	var done []audit.Reposted
	var refused error
	for _, ledger := range ledgers {
		one, err := in.Gateway.LocalRepost(ctx, ledger)
		if err != nil {
			refused = errors.Join(refused, err)
			continue
		}
		done = append(done, one)
	}
	return errors.Join(tellReposted(done, r.json, out), refused, settleReposted(ctx, in))
}

// settleReposted records and publishes what was done, unless the ledgers are halted: then it waits for whoever resumes them.
func settleReposted(ctx context.Context, in *installation.Installation) error {
	reason, err := in.Ledger.LookHalted(ctx)
	if err != nil {
		return err
	}
	if reason != nil {
		in.Log.Warn("the ledgers are halted: that postings were made again is recorded once they go on", "halted", reason)
		return nil
	}
	if err := in.Ledger.Settle(ctx); err != nil {
		return fmt.Errorf("postings were made again, and the event that says so is not recorded yet; the next process does it: %w", err)
	}
	return in.Publisher.Publish(ctx)
}

func tellReposted(done []audit.Reposted, asJSON bool, out io.Writer) error {
	if asJSON {
		return encodeEach(done, out)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LEDGER\tEVENTS\tBLOCKS POSTED")
	for _, one := range done {
		fmt.Fprintf(table, "%s\t%d\t%d\n", one.Ledger, one.Events, one.Blocks)
	}
	return table.Flush()
}
