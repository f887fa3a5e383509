package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Manage the keys that open documents",
		Long: "Manage the keys that open documents. Each document is sealed to the key of its contract. Each contract's key is sealed to the " +
			"root key, and to the recovery recipients, whose private keys are kept offline. A sealed contract key is stored in the " +
			"database, the root key outside of it.\n\n" +
			"The ledgers record each of these commands as the operator's. No private key is ever printed.",
	}
	cmd.AddCommand(keysInitCommand(), keysShowCommand(), keysRotateRootCommand(), keysRotateContractCommand(),
		keysAddRecoveryCommand(), keysCheckCommand(), keysReapplyCommand())
	return cmd
}

// keysFlags are the flags of every command about keys of an installation.
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
