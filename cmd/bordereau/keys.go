package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"
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

func printJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
