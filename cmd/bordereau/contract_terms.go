package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// maxTerms is more than the greatest size of terms. The rest of a longer file is not
// sent.
const maxTerms = 1 << 20

func contractCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a file of contract terms, without a gateway",
		Long: "Check the terms of a contract as a gateway of this version would, without one. The command lists every mistake in the file, " +
			"and every reason why the terms could not be approved yet. Of each media type it says how documents are checked, and it warns of a type that " +
			"no file can satisfy. It names the terms that are recorded, and that nothing enforces yet. It does not check the facts that only a gateway knows, such as " +
			"whether the provider exists.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, text, err := readTerms(args[0])
			if err != nil {
				return err
			}
			return checkTerms(cmd.OutOrStdout(), args[0], text)
		},
	}
}

func contractSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of contract terms, for an editor",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), policy.Schema())
			return err
		},
	}
}

func checkTerms(out io.Writer, file string, text []byte) error {
	terms, err := policy.ParseTerms(text)
	var wrong *policy.TermsError
	var found []policy.Problem
	switch {
	case errors.As(err, &wrong):
		found = wrong.Problems
	case err != nil:
		return err
	default:
		found = append(terms.Missing(), terms.Unenforceable()...)
	}
	for _, p := range found {
		fmt.Fprintln(out, termsLine(file, p.Line, p.Path, p.Detail))
	}
	if len(found) > 0 {
		return errReported
	}
	if err := tellMediaTypes(out, file, terms); err != nil {
		return err
	}
	for _, p := range terms.Doubts() {
		fmt.Fprintln(out, termsLine(file, p.Line, p.Path, "warning: "+p.Detail))
	}
	for _, p := range terms.Recorded() {
		fmt.Fprintln(out, termsLine(file, p.Line, p.Path, p.Detail))
	}
	_, err = fmt.Fprintf(out, "%s can be proposed and approved\n", file)
	return err
}

func contractProposeCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use:   "propose FILE",
		Short: "Propose a contract: FILE holds its terms, as YAML or JSON",
		Long: "Propose a contract. The gateway keeps the file byte for byte as version 1. The version is not in force until another person of " +
			"your organisation approves it. Incomplete terms can be proposed; the answer lists the missing ones.",
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		mediaType, terms, err := readTerms(args[0])
		if err != nil {
			return err
		}
		contract, text, err := api.Read[api.Contract](c.ProposeContractWithBody(ctx, mediaType, bytes.NewReader(terms)))
		if err != nil {
			return &inFile{err, args[0]}
		}
		return s.show(text, contractTable(contract))
	})
}

func contractAmendCommand() *cobra.Command {
	var from string
	cmd := overAPI(&cobra.Command{
		Use:   "amend CONTRACT FILE",
		Short: "Propose the next version of a contract: FILE holds all of its terms",
		Long: "Propose the next version of a contract. Another person of your organisation has to approve it. Parties and reference cannot be " +
			"changed. Begin with the text that `bordereau contract show CONTRACT --terms` prints. `bordereau policy impact` shows the accesses " +
			"that the new version would open and close.",
		Args: cobra.ExactArgs(2),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		mediaType, terms, err := readTerms(args[1])
		if err != nil {
			return err
		}
		effective, err := effectiveFrom(from, terms)
		if err != nil {
			return err
		}
		contract, text, err := api.Read[api.Contract](c.AmendContractWithBody(ctx, args[0],
			&api.AmendContractParams{Effective: effective}, mediaType, bytes.NewReader(terms)))
		if err != nil {
			return &inFile{err, args[1]}
		}
		return s.show(text, contractTable(contract))
	})
	cmd.Flags().StringVar(&from, "from", "", "when the version begins, which must not be past: a day in the terms' time zone, as in 2026-12-01, or a "+
		"time, as in 2026-12-01T12:00:00Z (default: at its approval)")
	return cmd
}

// effectiveFrom is the time of --from, or nil. A day begins at midnight of the terms'
// zone.
func effectiveFrom(from string, text []byte) (*time.Time, error) {
	if from == "" {
		return nil, nil
	}
	if t, err := time.Parse(time.RFC3339, from); err == nil {
		return &t, nil
	}
	day, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return nil, usageError("--from must be a day as in 2026-12-01, or a time as in 2026-12-01T12:00:00Z")
	}
	terms, err := policy.ParseTerms(text)
	if err != nil {
		return nil, nil // the gateway refuses such terms, and says why
	}
	if terms.Validity.Zone == nil {
		return nil, usageError("--from is a day, and the terms have no validity.zone for its midnight: give a time")
	}
	t := terms.StartOf(day)
	return &t, nil
}

// readTerms reads a file with terms. A name with .json means JSON, any other name YAML.
func readTerms(file string) (mediaType string, text []byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", nil, fmt.Errorf("reading terms: %w", err)
	}
	defer f.Close()
	if text, err = io.ReadAll(io.LimitReader(f, maxTerms)); err != nil {
		return "", nil, fmt.Errorf("reading terms: %w", err)
	}
	if filepath.Ext(file) == ".json" {
		return "application/json", text, nil
	}
	return "application/yaml", text, nil
}
