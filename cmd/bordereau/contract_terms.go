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

// maxTerms is more than any terms may have: what is longer is not sent.
const maxTerms = 1 << 20

func contractCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check terms without a gateway, as an editor would",
		Long: "Check terms as a gateway of this version would: whether they can be read, and what approving them would still refuse. " +
			"What only a gateway knows, such as whether the provider exists, is not checked.",
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
		Short: "Print the JSON Schema of terms, for an editor",
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
	_, err = fmt.Fprintf(out, "%s can be proposed and approved\n", file)
	return err
}

func contractProposeCommand() *cobra.Command {
	return overAPI(&cobra.Command{
		Use:   "propose FILE",
		Short: "Propose a contract: FILE holds its terms, as YAML or JSON",
		Long: "Propose a contract. The file is kept byte for byte as version 1, which is not in force until somebody else approves it. " +
			"Terms that lack something can be proposed; what is missing is listed.",
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
		Use:   "amend ID FILE",
		Short: "Propose the next version of a contract: FILE holds its terms as a whole",
		Long: "Propose the next version of a contract, for somebody else to approve. Parties and reference stay what they are. " +
			"`bordereau contract show ID --terms` gives the text to begin with, `bordereau policy impact` what the version would open and close.",
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
	cmd.Flags().StringVar(&from, "from", "", "from when, not past: a day of the terms' zone, as in 2026-12-01, or a time, as in "+
		"2026-12-01T12:00:00Z (default: from the approval on)")
	return cmd
}

// effectiveFrom is the moment that --from means; nil for none. A day begins where the terms' zone has it begin.
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
		return nil, usageError("--from is a day, but the terms have no zone for it to begin in: give a time")
	}
	t := terms.StartOf(day)
	return &t, nil
}

// readTerms reads a file with terms, whose name says whether it is JSON.
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
