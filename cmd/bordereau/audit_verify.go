package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/installation"
)

func auditVerifyCommand() *cobra.Command {
	var w where
	var ledgers, older, keys []string
	var tiles tilesFlags
	var other otherSources
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify ledgers: prove that no event was changed, removed or added",
		Long: "Verify ledgers. The command computes the hash tree of each ledger again from its events alone. It compares the result with the " +
			"signed checkpoint, with the older checkpoints of --checkpoint, with the published ledger, and with the columns and the index " +
			"that queries use. With --data or --config it verifies the ledgers of an installation on this machine. Other sources need no " +
			"installation:\n\n" +
			"  --tiles     a folder or a bucket of published ledgers, or a copy of one\n" +
			"  --pack      an evidence pack\n" +
			"  --database  a database alone\n" +
			"  --api       a ledger that a gateway serves\n\n" +
			"Give the --key of each ledger. `bordereau audit key` prints it; take it from a person whom you trust. --tiles and --api need it. " +
			"Without it, a pack or a database is checked, and not proven. The command changes nothing at any source.\n\n" +
			"Exit code 0: all is proven. 1: something is wrong. 3: nothing is wrong, and nothing is proven, because a key or a checkpoint is " +
			"missing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			notes, err := readNotes(older)
			if err != nil {
				return err
			}
			if err := other.check(tiles, keys); err != nil {
				return err
			}
			if other.chosen() {
				return other.verify(cmd.Context(), verification{ledgers, keys, notes, tiles, asJSON, cmd.OutOrStdout()})
			}
			if tiles.place != "" {
				return verifyTiles(cmd.Context(), tiles, keys, notes, asJSON, cmd.OutOrStdout())
			}
			return onLedger(cmd.Context(), w, func(ctx context.Context, in *installation.Installation) error {
				return verifyLedgers(ctx, in, ledgers, notes, asJSON, cmd.OutOrStdout())
			})
		},
	}
	w.addFlags(cmd)
	cmd.Flags().StringSliceVar(&ledgers, "ledger", nil, "only these ledgers: clients' ids, or operator (default: all)")
	cmd.Flags().StringSliceVar(&older, "checkpoint", nil, "files with older checkpoints of the one ledger that --ledger or --key names")
	tiles.addFlags(cmd)
	cmd.Flags().StringArrayVar(&keys, "key", nil, "verifier keys of the ledgers in --tiles, --pack, --database or --api, one --key for each")
	other.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per ledger")
	return cmd
}

func readNotes(paths []string) ([][]byte, error) {
	var notes [][]byte
	for _, p := range paths {
		note, err := os.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("reading checkpoint: %w", err)
		}
		notes = append(notes, note)
	}
	return notes, nil
}

func verifyLedgers(ctx context.Context, in *installation.Installation, named []string, older [][]byte, asJSON bool, out io.Writer) error {
	if len(older) > 0 && len(named) != 1 {
		return fmt.Errorf("older checkpoints belong to one ledger: name it with --ledger")
	}
	ledgers, err := chosenLedgers(ctx, in, named)
	if err != nil {
		return err
	}
	return showAll(out, ledgers, asJSON, func(ledger string) (*verify.Report, error) { return verifyLedger(ctx, in, ledger, older) })
}

// showAll verifies ledgers one after the other and prints the results.
func showAll(out io.Writer, ledgers []string, asJSON bool, verifyOne func(ledger string) (*verify.Report, error)) error {
	var wrong, unproven bool
	var statement string // of the last ledger
	for _, ledger := range ledgers {
		report, err := verifyOne(ledger)
		if err != nil {
			return fmt.Errorf("verifying %s: %w", ledger, err)
		}
		wrong = wrong || report.Found > 0
		unproven = unproven || !report.OK()
		statement = report.Statement()
		if err := show(out, report, asJSON); err != nil {
			return err
		}
	}
	if len(ledgers) == 1 && !asJSON {
		fmt.Fprintf(out, "\n%s\n", statement)
	}
	switch {
	case wrong:
		return errReported
	case unproven:
		return errUnproven
	}
	if len(ledgers) > 1 && !asJSON {
		fmt.Fprintf(out, "\nEvery event of these ledgers is one that was signed: none of them was changed, removed, added or moved. No copy can show\n"+
			"events after its checkpoint.\n")
	}
	return nil
}

func show(out io.Writer, report *verify.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			*verify.Report
			OK bool `json:"ok"`
		}{report, report.OK()})
	}
	verdict := "good"
	switch {
	case report.Found > 0:
		verdict = "WRONG"
	case !report.OK():
		verdict = "UNPROVEN"
	}
	if _, err := fmt.Fprintf(out, "%-5s  %-28s  %6d events, root %s\n", verdict, report.Ledger, report.Events, report.Root); err != nil {
		return err
	}
	if report.Erased > 0 {
		if _, err := fmt.Fprintf(out, "       %d of them without their erasable data\n", report.Erased); err != nil {
			return err
		}
	}
	for _, p := range report.Problems {
		if _, err := fmt.Fprintf(out, "       %s: %s: %s\n", placeOf(p, "the ledger"), p.Kind, p.Detail); err != nil {
			return err
		}
	}
	return nil
}

// verifyLedger proves one ledger against its newest checkpoint, the given older ones, and
// the newest published one.
func verifyLedger(ctx context.Context, in *installation.Installation, ledger string, older [][]byte) (*verify.Report, error) {
	published, err := in.Publisher.Checkpoints(ctx, ledger)
	if err != nil {
		return nil, err
	}
	statements, err := keyStatements(in, ledger)
	if err != nil {
		return nil, err
	}
	checkpoint, err := in.Ledger.Checkpoint(ctx, ledger)
	if err != nil {
		return nil, err
	}
	against := verify.Evidence{Ledger: ledger, Key: in.Ledger.VerifierKey(ledger), Checkpoint: checkpoint,
		Older: slices.Concat(older, published), Statements: statements}
	if err := addDerived(ctx, audit.Copier{Database: in.Database.Reader()}, &against); err != nil {
		return nil, err
	}
	return verify.Copy(ctx, rowsOf(in.Ledger.Copy(ctx, ledger)), against)
}

// keyStatements lead from the former keys of a ledger to its present one.
func keyStatements(in *installation.Installation, ledger string) ([]verify.Statement, error) {
	var statements []verify.Statement
	for _, r := range in.Ledger.Rotations(ledger) {
		signed, err := in.Ledger.Statement(ledger, r)
		if err != nil {
			return nil, err
		}
		statements = append(statements, verify.Statement{Seq: r.Seq, Note: signed})
	}
	return statements, nil
}

// rowsOf hands the ledger's rows to the verifier, which shares no code with the ledger.
func rowsOf(rows iter.Seq2[audit.Row, error]) iter.Seq2[verify.Row, error] {
	return func(yield func(verify.Row, error) bool) {
		for r, err := range rows {
			if !yield(verify.Row{Seq: r.Seq, Leaf: r.Leaf, Private: r.Opening, Columns: r.Columns}, err) {
				return
			}
		}
	}
}
