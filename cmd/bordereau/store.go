package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/s3"
)

func storeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "store", Short: "Try the places where documents and ledgers are kept"}
	cmd.AddCommand(storeCheckCommand())
	return cmd
}

func storeCheckCommand() *cobra.Command {
	var w where
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Try the bucket or folder of the documents, and the bucket of the ledgers",
		Long: "Try the bucket or folder of the documents, and the bucket that ledgers are published to, with the gateway's own calls: storing, " +
			"storing again under the same name, reading whole and in part, storing in parts, listing, deleting, locks and the clock. The command " +
			"says what is missing and what follows. `serve` does the same when it starts.\n\n" +
			"The try leaves nothing behind. Only where a lock keeps objects, or the key may not delete, some small objects stay, whose names begin " +
			"with try-. Exits with 1 when a place must not be used, or could not be tried.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := w.load()
			if err != nil {
				return err
			}
			documents, ledgers, err := installation.TryStores(cmd.Context(), c, newLogger(c.Log))
			if err != nil {
				return err
			}
			usable := true
			for _, r := range []s3.Report{documents, ledgers} {
				if r.Bucket == "" {
					continue // ledgers are published to a folder
				}
				usable = usable && r.Usable()
				if err := printReport(cmd.OutOrStdout(), r, asJSON); err != nil {
					return err
				}
			}
			if !usable {
				return errReported
			}
			return nil
		},
	}
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each place")
	return cmd
}

func printReport(out io.Writer, r s3.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	fmt.Fprintln(out, r.Bucket)
	for _, f := range r.Findings {
		fmt.Fprintf(out, "  %-10s %s", f.State, f.Tried)
		if f.Says != "" {
			fmt.Fprint(out, ": ", f.Says)
		}
		fmt.Fprintln(out)
	}
	return nil
}
