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
	var renew, alone bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make an installation: configuration, keys, database, first operator",
		Long: "Make the missing parts of an installation: a commented configuration, the keys, the database tables and the operator's first " +
			"person. That person's credential is written to " + credentialName + " in the data folder. The command never overwrites anything, " +
			"so it can be repeated. You can edit the configuration and run it again for the rest.\n\n" +
			"With --new-credential, make a new credential for the first operator, whose own was lost. The operator's ledger records it. " +
			"--end-others ends the earlier ones.\n\n" +
			"    bordereau init --data /var/lib/bordereau\n" +
			"    bordereau serve --data /var/lib/bordereau",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case renew:
				return renewOperator(cmd.Context(), w, alone, cmd.OutOrStdout())
			case alone:
				return usageError("--end-others is for --new-credential")
			}
			return initialise(cmd.Context(), w, config.Default(), first, cmd.OutOrStdout())
		},
	}
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&renew, "new-credential", false, "make a new credential for the first operator of an installation")
	cmd.Flags().BoolVar(&alone, "end-others", false, "with --new-credential: end that person's earlier credentials")
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
		if err := installation.CheckOwner(config.Config{DataDir: w.data}); err != nil {
			return err
		}
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

// makeOperator makes the first operator, unless there is one. The file of the credential
// is looked for before anything is made: without it the only secret would be lost.
func makeOperator(ctx context.Context, c config.Config, first gateway.First, out io.Writer) error {
	path := filepath.Join(c.DataDir, credentialName)
	return withOperator(ctx, c, func(ctx context.Context, g *gateway.Gateway, has bool) error {
		there, err := exists(path)
		switch {
		case err != nil:
			return err
		case has && there:
			tell(out, false, "operator", path)
			return nil
		case has:
			tell(out, false, "operator", "in the database; its credential is not here: `bordereau init --new-credential` makes one")
			return nil
		case there:
			return fmt.Errorf("%s is of another database, and this one has no operator yet: move the file away and run this again", path)
		}
		_, credential, err := g.Bootstrap(ctx, first)
		if err != nil {
			return fmt.Errorf("making the first operator: %w", err)
		}
		return keepCredential(credential, path, out)
	})
}

// renewOperator makes a new credential for the first operator.
func renewOperator(ctx context.Context, w where, alone bool, out io.Writer) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	path := filepath.Join(c.DataDir, credentialName)
	return withOperator(ctx, c, func(ctx context.Context, g *gateway.Gateway, has bool) error {
		if there, err := exists(path); err != nil || there {
			return errors.Join(err, fmt.Errorf("%s exists: move it away and run this again", path))
		}
		if !has {
			return errors.New("this database has no operator yet: `bordereau init` without --new-credential makes one")
		}
		credential, err := g.LocalRenewOperator(ctx, alone)
		if err != nil {
			return fmt.Errorf("making a new credential: %w", err)
		}
		return keepCredential(credential, path, out)
	})
}

// withOperator runs f beside all services, and says whether there is an operator.
func withOperator(ctx context.Context, c config.Config, f func(ctx context.Context, g *gateway.Gateway, has bool) error) error {
	in, err := open(ctx, c)
	if err != nil {
		return err
	}
	err = in.WithServices(ctx, func(ctx context.Context) error {
		has, err := in.Gateway.LocalHasOperator(ctx)
		if err != nil {
			return err
		}
		return f(ctx, in.Gateway, has)
	})
	return errors.Join(err, in.Close())
}

// keepCredential writes a credential whose only copy is in memory.
func keepCredential(credential gateway.Credential, path string, out io.Writer) error {
	if err := credentialOf(credential).write(path); err != nil {
		return fmt.Errorf("%w\n\nThe credential is lost, and `bordereau init --new-credential` makes another", err)
	}
	tell(out, true, "operator", path)
	return nil
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
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
