package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func auditExportCommand() *cobra.Command {
	var w where
	var q question
	var pack packFlags
	var format string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write all matching events of one ledger, as JSON, as CSV or as an evidence pack",
		Long: "Write all events of a ledger that match the filters to standard output, newest first, one on a line. The form is JSON, or " +
			"a table in CSV. The table has no erasable data, such as names and addresses, and a spreadsheet takes none of its cells " +
			"for a formula. The ledger records the export before the first line. The output is whole only with exit code 0.\n\n" +
			"With --format pack, write an evidence pack to the file --out. A pack is an archive with the events and a proof of each. " +
			"`bordereau audit verify --pack` checks it on a machine without this installation. With --question, the pack answers a " +
			"named question whose answer is events.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := q.parse(); err != nil {
				return err
			}
			if format != "ndjson" && format != "csv" && format != "pack" {
				return fmt.Errorf("--format must be ndjson, csv or pack")
			}
			if len(q.ledgers) != 1 {
				return fmt.Errorf("an export has the events of one ledger: name it with --ledger")
			}
			if err := pack.check(cmd, format); err != nil {
				return err
			}
			return onAudit(cmd.Context(), w, func(ctx context.Context, in *installation.Installation) error {
				if format == "pack" {
					return exportPack(ctx, in, q, pack, cmd.OutOrStdout())
				}
				return exportEvents(ctx, in, q, format, cmd.OutOrStdout())
			})
		},
	}
	w.addFlags(cmd)
	q.addFilters(cmd)
	cmd.Flags().StringVar(&format, "format", "ndjson", "form of the output: ndjson, csv or pack")
	pack.addFlags(cmd)
	return cmd
}

func exportEvents(ctx context.Context, in *installation.Installation, q question, format string, out io.Writer) error {
	ledgers, err := chosenLedgers(ctx, in, q.ledgers)
	if err != nil {
		return err
	}
	events, err := in.Gateway.LocalExport(ctx, ledgers[0], q.EventQuery)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriter(out)
	write := writeLines
	if format == "csv" {
		write = gateway.WriteCSV
	}
	if err := write(buffer, events); err != nil {
		return fmt.Errorf("exporting, and the output is not whole: %w", err)
	}
	return buffer.Flush()
}

func writeLines(out io.Writer, events iter.Seq2[event.Event, error]) error {
	lines := json.NewEncoder(out)
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := lines.Encode(e); err != nil {
			return err
		}
	}
	return nil
}
