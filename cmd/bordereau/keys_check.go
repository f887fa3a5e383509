package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func keysCheckCommand() *cobra.Command {
	var f keysFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check that every contract's key opens, and headers of its documents",
		Long: "Open every contract's key with each root key of the configuration, check that the key is sealed to all roots and recovery " +
			"recipients, and open the headers of a sample of documents. With --all, open the headers of all documents. A header is the " +
			"small first part of a sealed document, with its key. No body is read. Exits with 1 when it finds a problem.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load()
			if err != nil {
				return err
			}
			return onKeys(cmd.Context(), c, func(ctx context.Context, in *installation.Installation) error {
				progress, stop := progressBar("checking contracts", f.json)
				check, err := in.Gateway.LocalCheckKeys(ctx, all, progress)
				stop()
				if err != nil {
					return err
				}
				return tellCheck(check, f.json, cmd.OutOrStdout())
			})
		},
	}
	f.addFlags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "open the headers of all documents")
	return cmd
}

func tellCheck(check gateway.KeyCheck, asJSON bool, out io.Writer) error {
	if asJSON {
		if err := printJSON(out, check); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d keys, %d of their copies and %d headers of documents were opened; %d problems\n",
			check.Keys, check.Copies, check.Headers, len(check.Problems))
		for _, p := range check.Problems {
			fmt.Fprintf(out, "  %s, key %d%s: %s\n", p.Contract, p.Epoch, ofDocument(p), p.Detail)
		}
	}
	if len(check.Problems) > 0 {
		return errReported
	}
	return nil
}

func ofDocument(p gateway.KeyProblem) string {
	if p.Document == "" {
		return ""
	}
	return ", document " + string(p.Document)
}
