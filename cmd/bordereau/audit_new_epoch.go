package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

// newEpoch has the flags of the command.
type newEpoch struct {
	where
	ledgers            []string
	incident           string
	differing, confirm bool
	json               bool
}

func auditNewEpochCommand() *cobra.Command {
	var n newEpoch
	cmd := &cobra.Command{
		Use:   "new-epoch",
		Short: "After a restore that lost events: take them back from the published ledgers",
		Long: "After a restore, the database may have fewer events than the published ledgers. The gateway then refuses to start. This " +
			"command takes the missing events over from the published ledgers, without their erasable data, and begins a new epoch of " +
			"each ledger that lost events. The epoch names the last published checkpoint of the epoch before. Its checkpoints have a new " +
			"name, because the gateway may have signed checkpoints under the old name that were never published. The published events " +
			"are verified first.\n\n" +
			"Stop every gateway first. If the command is interrupted, run it again.\n\n" +
			"Without --confirm the command lists the ledgers that would get a new epoch, and changes nothing. If you have a newer backup " +
			"of the database, restore it in place of this: it has the rest of the database too.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := n.load()
			if err != nil {
				return err
			}
			in, err := open(cmd.Context(), c)
			if err != nil {
				return err
			}
			err = in.Exclusively(cmd.Context(), func(ctx context.Context) error { return beginEpochs(ctx, in, n, cmd.OutOrStdout()) })
			return errors.Join(err, in.Close())
		},
	}
	n.addFlags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&n.ledgers, "ledger", nil, "only these ledgers: clients' ids, or operator (default: all that lost events)")
	f.StringVar(&n.incident, "incident", "", "a reference to record with the new epoch, such as a ticket number")
	f.BoolVar(&n.differing, "differing", false, "go on although the database has other events than the published ledger: set them aside, and record them again in the new epoch")
	f.BoolVar(&n.confirm, "confirm", false, "begin the new epochs; without it nothing changes")
	f.BoolVar(&n.json, "json", false, "print one JSON object per ledger")
	return cmd
}

func beginEpochs(ctx context.Context, in *installation.Installation, n newEpoch, out io.Writer) error {
	behind, err := rolledBack(ctx, in, n.ledgers)
	if err != nil {
		return err
	}
	begun, err := in.UnpublishedEpochs(ctx)
	switch {
	case err != nil:
		return err
	case len(behind) == 0 && len(begun) == 0:
		return errors.New("nothing was rolled back: the database has all published events, and no new epoch is needed")
	case !n.confirm:
		if err := tellBehind(behind, n.json, out); err != nil {
			return err
		}
		return errors.New("nothing was changed: to begin a new epoch of each of these ledgers, run this again with --confirm")
	}
	var done []audit.Continuation
	for _, ledger := range slices.Sorted(maps.Keys(behind)) {
		one, err := beginEpoch(ctx, in, n, ledger)
		if err != nil {
			return err
		}
		done, begun = append(done, one), append(begun, ledger)
	}
	if err := in.Ledger.Settle(ctx); err != nil {
		return err
	}
	if err := in.Publisher.PublishOnly(ctx, begun); err != nil {
		return fmt.Errorf("the new epochs have begun, and are not published yet. Run this again: %w", err)
	}
	return tellEpochs(done, begun, n.json, out)
}

// rolledBack are the ledgers whose published events are more than those of the database,
// or others.
func rolledBack(ctx context.Context, in *installation.Installation, only []string) (map[string]error, error) {
	differences, err := in.Publisher.Differences(ctx)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(differences, func(ledger string, err error) bool {
		return !publish.TwoHistories(err) || len(only) > 0 && !slices.Contains(only, ledger)
	})
	for _, ledger := range only {
		if differences[ledger] == nil {
			return nil, fmt.Errorf("ledger %q was not rolled back", ledger)
		}
	}
	return differences, nil
}

func beginEpoch(ctx context.Context, in *installation.Installation, n newEpoch, ledger string) (audit.Continuation, error) {
	history, err := in.Publisher.History(ctx, ledger)
	if err != nil {
		return audit.Continuation{}, err
	}
	progress, stop := progressBar("taking over "+ledger, n.json)
	defer stop()
	done, err := in.Gateway.LocalNewEpoch(ctx, gateway.NewEpoch{Ledger: ledger, History: history, Differing: n.differing, Incident: n.incident}, progress)
	if errors.Is(err, audit.ErrDiffers) {
		err = fmt.Errorf("%w: a gateway went on after the restore, or the database was changed. Find out which with `bordereau audit verify`.\n"+
			"To set these events aside as evidence, and to record them again in the new epoch, add --differing", err)
	}
	return done, err
}

func tellBehind(behind map[string]error, asJSON bool, out io.Writer) error {
	lines := json.NewEncoder(out)
	for _, ledger := range slices.Sorted(maps.Keys(behind)) {
		var err error
		if asJSON {
			err = lines.Encode(struct {
				Ledger     string `json:"ledger"`
				Difference string `json:"difference"`
			}{ledger, behind[ledger].Error()})
		} else {
			_, err = fmt.Fprintln(out, behind[ledger])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func tellEpochs(done []audit.Continuation, published []string, asJSON bool, out io.Writer) error {
	if asJSON {
		return encodeEach(done, out)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LEDGER\tEPOCH\tBEGINS\tHELD\tTAKEN OVER\tSET ASIDE\tRECORDED AGAIN")
	for _, one := range done {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", one.Ledger, one.Epoch, one.Begins, one.Held, one.Imported, one.SetAside, one.RecordedAgain)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d epochs were published. Start the gateways now.\n", len(published))
	return err
}

// encodeEach prints one JSON object on each line.
func encodeEach[T any](each []T, out io.Writer) error {
	lines := json.NewEncoder(out)
	for _, one := range each {
		if err := lines.Encode(one); err != nil {
			return err
		}
	}
	return nil
}
