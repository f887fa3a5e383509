package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func fsckCommand() *cobra.Command {
	var f keysFlags
	var c gateway.StoreCheck
	cmd := &cobra.Command{
		Use:   "fsck",
		Short: "Compare the object store with the database",
		Long: "Look whether every document has its body, with the length that it must have, and whether there is anything in the store " +
			"that no document needs. With --read, open every document and compare it with its digest. With --repair, remove what nobody " +
			"needs: late writes, bodies of erased documents that a restored store brought back, parts of uploads that died, and objects that no " +
			"document refers to once they are older than --grace. Nothing else is ever removed, least of all the erasure journal. It may run while " +
			"gateways serve; they do the same by themselves (objects.sweep-every). Exits with 1 when anything is wrong or left to do.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			configuration, err := f.load()
			if err != nil {
				return err
			}
			return onKeys(cmd.Context(), configuration, func(ctx context.Context, in *installation.Installation) error {
				return checkStore(ctx, in, c, f.json, cmd.OutOrStdout())
			})
		},
	}
	f.where.addFlags(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object for each finding, and the sum as the last one")
	cmd.Flags().BoolVar(&c.Repair, "repair", false, "remove what nobody needs")
	cmd.Flags().BoolVar(&c.Read, "read", false, "open every document and compare it with its digest")
	cmd.Flags().DurationVar(&c.Grace, "grace", 0, "least age of an object that no document refers to before it is removed, at least 24h (default twice backups.days)")
	return cmd
}

func checkStore(ctx context.Context, in *installation.Installation, c gateway.StoreCheck, asJSON bool, out io.Writer) error {
	progress, stop := progressBar("comparing folders", asJSON)
	var findings []gateway.Finding // shown when the bar is gone, where they are for people
	lines := json.NewEncoder(out)
	report, err := in.Gateway.LocalCheckStore(ctx, c, func(f gateway.Finding) {
		if asJSON {
			lines.Encode(f)
			return
		}
		findings = append(findings, f)
	}, progress)
	stop()
	for _, f := range findings {
		fmt.Fprintf(out, "%-8s %-18s %s\n", f.State, f.Kind, described(f))
	}
	if err != nil {
		return err
	}
	if asJSON {
		err = lines.Encode(report)
	} else {
		_, err = fmt.Fprintln(out, summed(report, c.Read))
	}
	if err == nil && !report.OK() {
		return errReported
	}
	return err
}

// described is a finding for people: what it is about, and more.
func described(f gateway.Finding) string {
	text := f.Object
	if f.Document != "" {
		text = string(f.Document)
	}
	if f.Detail == "" {
		return text
	}
	return text + ": " + f.Detail
}

func summed(r gateway.StoreReport, read bool) string {
	text := fmt.Sprintf("%d documents and %d objects compared", r.Documents, r.Objects)
	if read {
		text += fmt.Sprintf(", %d documents opened", r.Read)
	}
	text += fmt.Sprintf("; %d things wrong, %d removed", r.Wrong, r.Removed)
	if r.Due > 0 {
		text += fmt.Sprintf(", %d to be removed with --repair", r.Due)
	}
	if r.Waiting > 0 {
		text += fmt.Sprintf(", %d that may be removed later", r.Waiting)
	}
	return text
}
