package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func keysRotateRootCommand() *cobra.Command {
	var f keysFlags
	var retire bool
	cmd := &cobra.Command{
		Use:   "rotate-root",
		Short: "Replace the root key, in two steps",
		Long: "Replace the root key, in two steps:\n\n" +
			"  1. Run the command. It makes a new root key in the root file, above the old one,\n" +
			"     and seals every contract's key to both. Then give every gateway the new file\n" +
			"     and restart it. Meanwhile both keys open documents.\n" +
			"  2. Run it again with --retire. It removes the copies for the old root key, and the\n" +
			"     old key from the file. It refuses while a gateway runs without the new key.\n\n" +
			"If a step is interrupted, run it again: no third key is made while the file has two.\n\n" +
			"If the root key is a secret of the environment and not a file, put a new key above the old one in the secret yourself " +
			"(`age-keygen -pq` makes one), and run both steps. After --retire, remove the old key from the secret.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load()
			if err != nil {
				return err
			}
			return rotateRoot(cmd.Context(), c, f, retire, cmd.OutOrStdout())
		},
	}
	f.addFlags(cmd)
	cmd.Flags().BoolVar(&retire, "retire", false, "second step: remove the old root key")
	return cmd
}

// sealing is the result of a change of roots or recovery recipients.
type sealing struct {
	SealedTo []string `json:"sealed_to"`
	gateway.Rewrapped
}

func rotateRoot(ctx context.Context, c config.Config, f keysFlags, retire bool, out io.Writer) error {
	root, err := installation.LoadRoot(c.Keys)
	if err != nil {
		return err
	}
	roots := len(root.Fingerprints())
	inFile := c.Keys.RootSecret.IsEmpty()
	switch {
	case retire && roots == 1:
		return errors.New("there is one root, and none to retire: run this without --retire first")
	case !retire && roots == 1 && !inFile:
		return errors.New("the root key is a secret of the environment: put a new one above the old one there (`age-keygen -pq` makes one), and run this again")
	case !retire && roots == 1:
		if _, err := keyring.AddFirst(c.Keys.Root); err != nil {
			return err
		}
	}
	if err := sealAnew(ctx, c, f.json, retire, out); err != nil {
		return err
	}
	if retire && inFile {
		if _, err := keyring.KeepFirst(c.Keys.Root); err != nil {
			return err
		}
	}
	if !f.json {
		_, err = fmt.Fprintln(out, nextStep(retire, inFile))
	}
	return err
}

func nextStep(retire, inFile bool) string {
	switch {
	case !retire:
		return "Now give every gateway the new root key and restart it. Then run this again with --retire."
	case inFile:
		return "The old root key was taken out of the file. Restart the gateways, and keep a copy of the new file offline."
	default:
		return "The old root key opens no contract key any more. Take it out of the secret, and restart the gateways."
	}
}

// sealAnew seals every key to the roots and recovery recipients that the configuration
// names.
func sealAnew(ctx context.Context, c config.Config, asJSON, retire bool, out io.Writer) error {
	return onKeys(ctx, c, func(ctx context.Context, in *installation.Installation) error {
		progress, stop := progressBar("sealing keys", asJSON)
		rewrapped, err := in.Gateway.LocalRewrapKeys(ctx, retire, progress)
		stop()
		if err != nil {
			return err
		}
		root, err := installation.LoadRoot(c.Keys)
		if err != nil {
			return err
		}
		if retire {
			root = root.FirstAlone()
		}
		s := sealing{Rewrapped: rewrapped}
		for _, h := range root.Holders() {
			s.SealedTo = append(s.SealedTo, h.Fingerprint)
		}
		return s.tell(asJSON, out)
	})
}

// tell prints the result. A key that did not open is a failure: it is sealed as before.
func (s sealing) tell(asJSON bool, out io.Writer) error {
	if asJSON {
		if err := printJSON(out, s); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d keys of contracts, %d of them sealed anew, to:\n", s.Keys, s.Changed)
		for _, name := range s.SealedTo {
			fmt.Fprintf(out, "  %s\n", name)
		}
	}
	if s.Failed > 0 {
		return fmt.Errorf("%d keys do not open and are sealed as before: `bordereau keys check` lists them", s.Failed)
	}
	return nil
}

func keysAddRecoveryCommand() *cobra.Command {
	var f keysFlags
	cmd := &cobra.Command{
		Use:   "add-recovery [RECIPIENT]",
		Short: "Seal every contract's key to a recovery recipient too",
		Long: "Add a recovery recipient to keys.recovery in the configuration file, and seal every contract's key to it. RECIPIENT is a public " +
			"key (age1pq1… or age1…), as `bordereau keys init --recovery FILE` prints it; the private key stays offline.\n\n" +
			"Without RECIPIENT, seal every contract's key to the recipients that the configuration names, and remove the copies for the " +
			"recipients that it does not name any more.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, text := range args {
				if err := addRecovery(f.where, text); err != nil {
					return err
				}
			}
			c, err := f.load()
			if err != nil {
				return err
			}
			return sealAnew(cmd.Context(), c, f.json, false, cmd.OutOrStdout())
		},
	}
	f.addFlags(cmd)
	return cmd
}

// addRecovery puts the recipient into the configuration file. The new file is checked,
// and then replaces the old one as a whole.
func addRecovery(w where, text string) error {
	recipient, err := crypto.ParseRecipient(text)
	if err != nil {
		return err
	}
	c, err := w.load()
	if err != nil {
		return err
	}
	root, err := installation.ReadRoot(c.Keys)
	if err != nil {
		return err
	}
	named := append(c.Keys.Recovery, recipient.String())
	if _, err := root.WithRecovery(named); err != nil {
		return err
	}
	before, err := os.ReadFile(w.path())
	if err != nil {
		return err
	}
	after, err := config.AddRecovery(before, recipient.String())
	if err != nil {
		return fmt.Errorf("%s: %w", w.path(), err)
	}
	if err := replaceFile(w.path(), after); err != nil {
		return err
	}
	if c, err = w.load(); err == nil && len(c.Keys.Recovery) != len(named) {
		err = errors.New("the environment overrides keys.recovery: add the recipient there")
	}
	return err
}

// replaceFile replaces the content of a file, whole or not at all, and keeps its mode.
func replaceFile(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var disk durable.Disk
	return disk.ReplaceFile(path, info.Mode().Perm(), content)
}
