package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

func memberHoldCommand() *cobra.Command {
	return group("hold", "Place and lift legal holds, which keep a person's data in a ledger from erasure",
		holdPlaceCommand(), holdListCommand(), holdLiftCommand())
}

func holdPlaceCommand() *cobra.Command {
	var ledger, reason string
	cmd := overAPI(&cobra.Command{
		Use:   "place PERSON",
		Short: "Place a legal hold on a person's data in a ledger",
		Long: "Place a legal hold on a person, in one ledger. While the hold stands, the personal data beside the person's events is not erased, " +
			"and the person's name stays. A repeated command returns the same hold.",
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		return s.showHold(api.Read[api.PersonHold](c.HoldPerson(ctx, ledger, api.PersonReason{Person: args[0], Reason: reason})))
	})
	addLedger(cmd, &ledger)
	addReason(cmd, &reason)
	return cmd
}

func holdLiftCommand() *cobra.Command {
	var ledger string
	cmd := overAPI(&cobra.Command{
		Use:   "lift HOLD",
		Short: "Lift a legal hold; its record stays. `list` shows the HOLD",
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		return s.showHold(api.Read[api.PersonHold](c.LiftPersonHold(ctx, ledger, args[0])))
	})
	addLedger(cmd, &ledger)
	return cmd
}

func (s screen) showHold(h api.PersonHold, text []byte, err error) error {
	if err != nil {
		return err
	}
	return s.show(text, func(w io.Writer) {
		row(w, "hold", h.ID)
		row(w, "ledger", h.Ledger)
		row(w, "person", h.Person)
		row(w, "reason", h.Reason)
		row(w, "placed", &h.From)
		row(w, "placed by", h.PlacedBy)
		row(w, "lifted", h.Until)
		row(w, "lifted by", value(h.LiftedBy))
	})
}

func holdListCommand() *cobra.Command {
	var ledger string
	cmd := overAPI(&cobra.Command{
		Use: "list", Short: "List the legal holds on people in a ledger, lifted ones included", Args: cobra.NoArgs,
		Long: "List the legal holds on people in a ledger, lifted ones included. With --json, print one page of the API's answer on each line.",
	}, func(ctx context.Context, c *api.Client, s screen, _ []string) error {
		holds, err := allPages(s, func(after *api.After, limit *api.Limit) ([]api.PersonHold, *string, []byte, error) {
			page, text, err := api.Read[api.PersonHoldPage](c.ListPersonHolds(ctx, ledger, &api.ListPersonHoldsParams{After: after, Limit: limit}))
			return page.Items, page.Next, text, err
		})
		if err != nil || s.json {
			return err
		}
		return s.show(nil, func(w io.Writer) {
			row(w, "HOLD", "PERSON", "PLACED", "PLACED BY", "LIFTED", "LIFTED BY", "REASON")
			for _, h := range holds {
				row(w, h.ID, h.Person, &h.From, h.PlacedBy, h.Until, value(h.LiftedBy), h.Reason)
			}
		})
	})
	addLedger(cmd, &ledger)
	return cmd
}
