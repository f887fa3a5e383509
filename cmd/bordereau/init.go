package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/installation"
)

// credentialName is the name of the file with the first operator's credential.
const credentialName = "operator.json"

func initCommand() *cobra.Command {
	var w where
	var first gateway.First
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make an installation: configuration, keys, database, first operator",
		Long: "Make the missing parts of an installation: a commented configuration, the keys, the database tables and the operator's first " +
			"person. That person's credential is written to " + credentialName + " in the data folder. The command never overwrites anything, " +
			"so it can be repeated. You can edit the configuration and run it again for the rest.\n\n" +
			"    bordereau init --data /var/lib/bordereau\n" +
			"    bordereau serve --data /var/lib/bordereau",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return initialise(cmd.Context(), w, config.Default(), first, cmd.OutOrStdout())
		},
	}
	w.addFlags(cmd)
	cmd.Flags().StringVar(&first.Organisation, "organisation", "Operator", "name of the operator's organisation")
	cmd.Flags().StringVar(&first.Country, "country", "FR", "country of that organisation, as in FR (ISO 3166-1 alpha-2)")
	cmd.Flags().StringVar(&first.Person, "person", "Operator", "name of that organisation's first person")
	return cmd
}

// initialise makes the missing parts of the installation, and prints each step. A missing
// configuration is written from starter.
func initialise(ctx context.Context, w where, starter config.Config, first gateway.First, out io.Writer) error {
	var disk durable.Disk
	if w.data != "" {
		starter.DataDir = "."
		if err := disk.MakeFolder(w.data, 0o700); err != nil {
			return err
		}
	}
	made, err := writeNew(w.path(), config.Starter(starter))
	if err != nil {
		return err
	}
	tell(out, made, "configuration", w.path())
	c, err := w.load()
	if err != nil {
		return err
	}
	if err := disk.MakeFolder(c.DataDir, 0o700); err != nil {
		return err
	}
	if err := makeKeys(c.Keys, out); err != nil {
		return err
	}
	if err := makeOperator(ctx, c, first, out); err != nil {
		return err
	}
	if installation.PublishedOnDatabaseDisk(c) {
		fmt.Fprintf(out, "\nThe ledgers are published to %s, on the disk of the database. Before real documents come, set\n"+
			"ledger.publish to another disk, or to a bucket with Object Lock.\n", c.Ledger.Publish.Dir)
	}
	return nil
}

func makeKeys(c config.Keys, out io.Writer) error {
	if c.RootSecret.IsEmpty() {
		if err := makeKey(out, "root key", c.Root, func(path string) error { _, err := keyring.Create(path); return err }); err != nil {
			return err
		}
	}
	for _, k := range []struct{ what, path string }{{"token key", c.Token}, {"receipt key", c.Receipt}, {"ledger key", c.Ledger}} {
		if err := makeKey(out, k.what, k.path, func(path string) error { _, err := identity.NewKey(path); return err }); err != nil {
			return err
		}
	}
	return nil
}

func makeKey(out io.Writer, what, path string, create func(string) error) error {
	if _, err := os.Stat(path); err == nil {
		tell(out, false, what, path)
		return nil
	}
	if err := create(path); err != nil {
		return fmt.Errorf("making %s: %w", what, err)
	}
	tell(out, true, what, path)
	return nil
}

func makeOperator(ctx context.Context, c config.Config, first gateway.First, out io.Writer) error {
	in, err := open(ctx, c)
	if err != nil {
		return err
	}
	err = in.WithServices(ctx, func(ctx context.Context) error {
		path := filepath.Join(c.DataDir, credentialName)
		_, credential, err := in.Gateway.Bootstrap(ctx, first)
		var conflict *gateway.Conflict
		if errors.As(err, &conflict) {
			tell(out, false, "operator", "in the database")
			return nil
		}
		if err != nil {
			return fmt.Errorf("making the first operator: %w", err)
		}
		if err := credentialOf(credential).write(path); err != nil {
			return err
		}
		tell(out, true, "operator", path)
		return nil
	})
	return errors.Join(err, in.Close())
}

func tell(out io.Writer, made bool, what, where string) {
	verb := "kept"
	if made {
		verb = "made"
	}
	fmt.Fprintf(out, "%s  %-13s %s\n", verb, what, where)
}

// writeNew writes a file that does not exist yet. made is false when the file exists.
func writeNew(path string, content []byte) (made bool, err error) {
	var disk durable.Disk
	err = disk.CreateFile(path, 0o600, durable.Content(content))
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// operatorCredential is the first operator's credential for POST /oauth/token.
type operatorCredential struct {
	Person gateway.PersonID `json:"client_id"`
	Secret string           `json:"client_secret"`
}

func credentialOf(c gateway.Credential) operatorCredential {
	return operatorCredential{Person: c.Person, Secret: c.Secret}
}

func (o operatorCredential) write(path string) error {
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	made, err := writeNew(path, append(text, '\n'))
	if err == nil && !made {
		err = fmt.Errorf("%s exists: move it away and run this again", path)
	}
	return err
}

func readCredential(path string) (o operatorCredential, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(text, &o)
}
