package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/objects"
)

// recoverFlags are the flags of the command.
type recoverFlags struct {
	keysFlags
	out, contract, identity string
	age, identities         bool
}

func recoverCommand() *cobra.Command {
	var f recoverFlags
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Recover documents without a gateway, with the root key or a recovery key",
		Long: "Write the documents of an installation into a folder, with a manifest of all documents that were ever received. Each document is " +
			"verified. The command is for the day on which only the database, the store and one key are left. With --identity, a recovery " +
			"key takes the place of the root key.\n\n" +
			"Each document is recorded in its client's ledger before it is written. So the database must be writable; if it is not, work " +
			"on a copy of it.\n\n" +
			"The manifest names the documents that cannot be recovered. The command then goes on with the others and exits with 1. It can be " +
			"repeated: a whole file that is there is not written again, and no file is ever overwritten.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.identities && !f.age {
				return errors.New("--with-identities goes with --age: plaintext needs no key, so leave it out or add --age")
			}
			c, err := f.load()
			if err != nil {
				return err
			}
			return f.run(cmd.Context(), c, cmd.OutOrStdout())
		},
	}
	f.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "folder to write into; the command makes it when it is missing")
	flags.StringVar(&f.contract, "contract", "", "only the documents of this contract (its id)")
	flags.StringVar(&f.identity, "identity", "", "file with a recovery key or a root key, in place of the configured root key")
	flags.BoolVar(&f.age, "age", false, "write standard age files, still sealed, instead of plaintext")
	flags.BoolVar(&f.identities, "with-identities", false, "with --age: also write the contracts' private keys, which open the files")
	cmd.MarkFlagRequired("out")
	return cmd
}

func (f *recoverFlags) run(ctx context.Context, c config.Config, out io.Writer) error {
	in, err := openToRecover(ctx, c, f.identity)
	if err != nil {
		return err
	}
	err = in.WithSequencer(ctx, func(ctx context.Context) error {
		warnOfGateway(in)
		folder, err := objects.OpenRecoveryFolder(f.out)
		if err != nil {
			return fmt.Errorf("opening %s: %w", f.out, err)
		}
		return errors.Join(recoverDocuments(ctx, in, f, folder, out), folder.Close())
	})
	return errors.Join(err, in.Close())
}

// openToRecover opens the remains of an installation.
func openToRecover(ctx context.Context, c config.Config, identityFile string) (*installation.Installation, error) {
	root := func(k config.Keys) (*keyring.Root, error) {
		if identityFile != "" {
			return keyring.Load(identityFile)
		}
		root, err := installation.LoadRoot(k)
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("%w: without the root key, name a recovery key with --identity", err)
		}
		return root, err
	}
	return installation.Open(ctx, installation.Options{Config: c, Logger: newLogger(c.Log), Root: root, Recovering: true})
}

// warnOfGateway warns when a gateway seems to serve. That does no harm, and may be a
// mistake.
func warnOfGateway(in *installation.Installation) {
	connection, err := net.DialTimeout("tcp", in.Config.Listen.Admin, time.Second)
	if err != nil {
		return
	}
	connection.Close()
	in.Log.Warn("a gateway seems to serve this installation: stop it, or run the recovery again later, because documents that it receives from now on may be missing", "admin", in.Config.Listen.Admin)
}

// recoverDocuments recovers the documents, writes the manifest and prints the result.
func recoverDocuments(ctx context.Context, in *installation.Installation, f *recoverFlags, folder *objects.RecoveryFolder, out io.Writer) error {
	progress, stop := progressBar("recovering documents", f.json)
	manifest := &manifest{folder: folder}
	r := gateway.Recovery{Contract: gateway.ContractID(f.contract), Age: f.age, Identities: f.identities, To: folder}
	report, err := in.Gateway.LocalRecover(ctx, r, manifest.add, progress)
	stop()
	err = errors.Join(recoverError(err, f.contract), manifest.end(report, err == nil))
	if err != nil && report.Documents == 0 {
		return err
	}
	manifestPath := ""
	if manifest.name != "" {
		manifestPath = folder.Path(manifest.name)
	}
	if f.json {
		err = errors.Join(err, printJSON(out, struct {
			gateway.RecoveryReport
			Manifest string `json:"manifest"`
		}{report, manifestPath}))
	} else {
		for _, d := range manifest.failed {
			fmt.Fprintf(out, "failed     %s  %s: %s\n", d.Document, d.Reason, d.Detail)
		}
		fmt.Fprintf(out, "%d documents: %d recovered, %d there already, %d erased, %d failed; see %s\n", report.Documents, report.Recovered,
			report.Present, report.Erased, report.Failed, manifestPath)
	}
	if err == nil && report.Failed > 0 {
		err = errReported
	}
	return err
}

func recoverError(err error, contract string) error {
	switch {
	case errors.Is(err, gateway.ErrNotFound):
		return fmt.Errorf("there is no contract %q: leave --contract out to recover all", contract)
	case errors.Is(err, gateway.ErrForgottenErasures):
		return fmt.Errorf("%w with `bordereau keys reapply-erasures`", err)
	}
	return err
}
