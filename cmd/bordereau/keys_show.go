package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func keysShowCommand() *cobra.Command {
	var f keysFlags
	cmd := &cobra.Command{
		Use:   "show",
		Short: "List root keys, recovery recipients, contracts' keys and running gateways",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load()
			if err != nil {
				return err
			}
			return onKeys(cmd.Context(), c, func(ctx context.Context, in *installation.Installation) error {
				keys, err := in.Gateway.LocalKeys(ctx)
				switch {
				case err != nil:
					return err
				case f.json:
					return printJSON(cmd.OutOrStdout(), keys)
				default:
					return showKeys(cmd.OutOrStdout(), keys)
				}
			})
		},
	}
	f.addFlags(cmd)
	return cmd
}

func showKeys(out io.Writer, keys gateway.Keys) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RECIPIENT\tFINGERPRINT\tSTATE\tPOST-QUANTUM\tSINCE")
	for _, h := range keys.Holders {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", h.Kind, h.Fingerprint, holderState(h), yesOrNo(h.PostQuantum), day(h.From))
	}
	fmt.Fprintln(w, "\nCONTRACT\tEPOCH\tFINGERPRINT\tPOST-QUANTUM\tSEALED TO")
	for _, k := range keys.Contracts {
		to := strings.Join(k.SealedTo, " ")
		if to == "" {
			to = "none: destroyed"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", k.Contract, k.Epoch, k.Fingerprint, yesOrNo(&k.PostQuantum), to)
	}
	for _, r := range keys.Rotations {
		fmt.Fprintf(w, "\n%s is being rotated to epoch %d: %d of %d headers left\n", r.Contract, r.Epoch, r.Left, r.Headers)
	}
	if len(keys.Nodes) > 0 {
		fmt.Fprintln(w, "\nRUNNING GATEWAY\tROOTS")
	}
	for _, n := range keys.Nodes {
		fmt.Fprintf(w, "%s\t%s\n", n.Name, strings.Join(n.Roots, " "))
	}
	return w.Flush()
}

func holderState(h gateway.KeyHolder) string {
	switch {
	case !h.Until.IsZero():
		return "retired"
	case h.AtHand && h.From.IsZero():
		return "new" // `keys` has sealed no key to it yet
	case h.AtHand:
		return "in use"
	default:
		return "not at hand"
	}
}

func yesOrNo(b *bool) string {
	switch {
	case b == nil:
		return "-"
	case *b:
		return "yes"
	default:
		return "no"
	}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}
