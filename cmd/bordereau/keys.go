package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Look after the keys that open documents",
		Long: "Look after the keys that open documents: the root, the recovery recipients and the contracts' keys. What is done and " +
			"asked here is in the ledger, as done by whoever holds the machine. No private key is ever printed.",
	}
	cmd.AddCommand(keysInitCommand(), keysShowCommand(), keysRotateRootCommand(), keysRotateContractCommand(),
		keysAddRecoveryCommand(), keysCheckCommand(), keysReapplyCommand())
	return cmd
}

// keysFlags are those of every command about keys of an installation.
type keysFlags struct {
	where
	json bool
}

func (f *keysFlags) addFlags(cmd *cobra.Command) {
	f.where.addFlags(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
}

// onKeys opens the installation and runs work while the ledger's sequencer does. The sweeper does not run: whoever rotates
// a key wants to see this process do it.
func onKeys(ctx context.Context, c config.Config, work func(ctx context.Context, in *installation) error) error {
	in, err := open(ctx, c, newLogger(c.Log))
	if err != nil {
		return err
	}
	err = in.duringLedger(ctx, func(ctx context.Context) error { return work(ctx, in) })
	return errors.Join(err, in.close())
}

func printJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
