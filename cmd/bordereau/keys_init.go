package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/installation"
)

func keysInitCommand() *cobra.Command {
	var f keysFlags
	var recovery string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make the missing key files of an installation, or a recovery key",
		Long: "Make the key files that the configuration names and that do not exist yet. A file that exists is never overwritten.\n\n" +
			"With --recovery, make a recovery key instead, best on a machine without a network, and print its public key. Give that " +
			"public key to `bordereau keys add-recovery`, and put the file into a safe. It opens every document of the installation when " +
			"the root key is lost.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if recovery != "" {
				return makeRecovery(recovery, f.json, cmd.OutOrStdout())
			}
			return makeMissingKeys(f, cmd.OutOrStdout())
		},
	}
	f.addFlags(cmd)
	cmd.Flags().StringVar(&recovery, "recovery", "", "file for a new recovery key; this needs no installation")
	return cmd
}

func makeRecovery(path string, asJSON bool, out io.Writer) error {
	recipient, err := keyring.CreateRecovery(path)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, struct {
			Path        string `json:"path"`
			Fingerprint string `json:"fingerprint"`
			Recipient   string `json:"recipient"`
		}{path, recipient.Fingerprint(), recipient.String()})
	}
	_, err = fmt.Fprintln(out, recipient)
	return err
}

func makeMissingKeys(f keysFlags, out io.Writer) error {
	c, err := f.load()
	if err != nil {
		return err
	}
	var disk durable.Disk
	if err := disk.MakeFolder(c.DataDir, 0o700); err != nil {
		return err
	}
	if !f.json {
		return makeKeys(c.Keys, out)
	}
	if err := makeKeys(c.Keys, io.Discard); err != nil {
		return err
	}
	root, err := installation.LoadRoot(c.Keys)
	if err != nil {
		return err
	}
	return printJSON(out, struct {
		Roots []string `json:"roots"`
	}{root.Fingerprints()})
}
