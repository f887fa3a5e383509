package main

import "github.com/spf13/cobra"

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Work on the keys of an installation"}
	cmd.AddCommand(keysReapplyCommand())
	return cmd
}
