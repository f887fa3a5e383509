package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check the configuration of an installation"}
	cmd.AddCommand(configCheckCommand())
	return cmd
}

func configCheckCommand() *cobra.Command {
	var w where
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "List every mistake in a configuration",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := w.load()
			var wrong *config.Error
			if err != nil && !errors.As(err, &wrong) {
				return err
			}
			out := cmd.OutOrStdout()
			switch {
			case asJSON:
				problems := []config.Problem{}
				if wrong != nil {
					problems = wrong.Problems
				}
				if err := json.NewEncoder(out).Encode(map[string]any{"file": w.path(), "problems": problems}); err != nil {
					return err
				}
			case wrong == nil:
				fmt.Fprintf(out, "%s is good\n", w.path())
			default:
				fmt.Fprintln(out, wrong.Error())
			}
			if wrong != nil {
				return errReported
			}
			return nil
		},
	}
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
