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
		Long: "Compare the object store (the folder or bucket with the sealed documents) with the database. The command reports documents " +
			"whose body is missing or has a wrong length, and objects in the store that no document needs. With --read, it also opens " +
			"every document and compares it with its digest.\n\n" +
			"With --repair, it removes objects that no document needs: late writes, bodies of erased documents that a restored store " +
			"brought back, parts of dead uploads, and objects without a document that are older than --grace. It removes nothing else, " +
			"and never the erasure journal.\n\n" +
			"Gateways may serve meanwhile. They do the same by themselves, as often as objects.sweep-every says. docs/operations.md says " +
			"what to do about each finding. Exits with 1 when it finds a problem or remaining work.",
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
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object for each finding, and the sums as the last one")
	cmd.Flags().BoolVar(&c.Repair, "repair", false, "remove objects that no document needs")
	cmd.Flags().BoolVar(&c.Read, "read", false, "open every document and compare it with its digest")
	cmd.Flags().DurationVar(&c.Grace, "grace", 0, "age from which an object without a document is removed, at least 24h (default: twice backups.days)")
	return cmd
}

func checkStore(ctx context.Context, in *installation.Installation, c gateway.StoreCheck, asJSON bool, out io.Writer) error {
	progress, stop := progressBar("comparing folders", asJSON)
	var findings []gateway.Finding // for people; shown when the progress bar is gone
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

// described is the text of a finding for people: its object and its detail.
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
	text += fmt.Sprintf("; %d problems, %d objects removed", r.Wrong, r.Removed)
	if r.Due > 0 {
		text += fmt.Sprintf(", %d to be removed with --repair", r.Due)
	}
	if r.Waiting > 0 {
		text += fmt.Sprintf(", %d to be removed with --repair later, when they are older", r.Waiting)
	}
	return text
}
