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

// newEpoch is what the flags say.
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
		Short: "After a restore: take over what was published, and go on under a new name",
		Long: "After the database was restored from a backup that is older than what was published of its ledgers, take over the events " +
			"that are missing, without their erasable halves, and begin a new epoch of each ledger that lost any. The epoch names the last " +
			"checkpoint of the one before; from there on checkpoints have a new name, because the old one may have been used for more than " +
			"was published. What is published is verified first. Stop every gateway, and let it finish what it began by running it again.\n\n" +
			"Without --confirm it tells what it would do, and does nothing. Nothing is lost by it that is not lost already; but a newer backup " +
			"is better, because it has the rest of the database too.",
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
	f.StringSliceVar(&n.ledgers, "ledger", nil, "only these ledgers: clients' ids or operator (default: all that need it)")
	f.StringVar(&n.incident, "incident", "", "a reference for people, to be recorded with it")
	f.BoolVar(&n.differing, "differing", false, "go on although a ledger holds other events than were published: they are set aside and recorded again")
	f.BoolVar(&n.confirm, "confirm", false, "do it")
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
		return errors.New("nothing was rolled back: the database holds all that was published")
	case !n.confirm:
		if err := tellBehind(behind, n.json, out); err != nil {
			return err
		}
		return errors.New("nothing was done: to begin a new epoch of each of these ledgers, run this again with --confirm")
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
		return fmt.Errorf("the epochs have begun, and are not published: run this again: %w", err)
	}
	return tellEpochs(done, begun, n.json, out)
}

// rolledBack are the ledgers of which more, or something else, is published than the database holds.
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
		err = fmt.Errorf("%w: somebody went on after the restore, or changed them. Look at it with `bordereau audit verify`. To set them aside,\n"+
			"as evidence, and record them again in the new epoch, add --differing", err)
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
	_, err := fmt.Fprintf(out, "\n%d epochs were published. The gateways may be started.\n", len(published))
	return err
}

// encodeEach prints one JSON object a line.
func encodeEach[T any](each []T, out io.Writer) error {
	lines := json.NewEncoder(out)
	for _, one := range each {
		if err := lines.Encode(one); err != nil {
			return err
		}
	}
	return nil
}
