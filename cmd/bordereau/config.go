package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/s3"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check the configuration of an installation"}
	cmd.AddCommand(configCheckCommand())
	return cmd
}

func configCheckCommand() *cobra.Command {
	var w where
	var asJSON, connect bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "List every mistake in a configuration",
		Long: "List every mistake in a configuration, with its line in the file, and the key files and certificates that cannot be used. With " +
			"--connect, ask the database too, and try the places of documents and ledgers as `bordereau store check` does.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := w.load()
			var wrong *config.Error
			if err != nil && !errors.As(err, &wrong) {
				return err
			}
			problems := []config.Problem{}
			if wrong != nil {
				problems = wrong.Problems
			} else {
				problems = append(problems, config.Locate(w.path(), os.Environ(), checkFiles(c))...)
			}
			if connect && wrong == nil {
				problems = append(problems, checkConnections(cmd.Context(), c)...)
			}
			out := cmd.OutOrStdout()
			switch {
			case asJSON:
				err = json.NewEncoder(out).Encode(map[string]any{"file": w.path(), "problems": problems})
			case len(problems) == 0:
				_, err = fmt.Fprintf(out, "%s is good\n", w.path())
			default:
				_, err = fmt.Fprintln(out, (&config.Error{Problems: problems}).Error())
			}
			if err == nil && len(problems) > 0 {
				err = errReported
			}
			return err
		},
	}
	w.addFlags(cmd)
	cmd.Flags().BoolVar(&connect, "connect", false, "ask the database, and try the places of documents and ledgers")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// checkFiles reads the files that a good configuration names. Before `init` has made the
// first key there are none, which is no mistake.
func checkFiles(c config.Config) (problems []config.Problem) {
	add := func(path string, err error) {
		if err != nil {
			problems = append(problems, config.Problem{Path: path, Detail: err.Error()})
		}
	}
	if begun(c.Keys) {
		_, err := installation.LoadRoot(c.Keys)
		add("keys.root", err)
		for _, k := range []struct{ path, file string }{{"keys.token", c.Keys.Token}, {"keys.receipt", c.Keys.Receipt}, {"keys.ledger", c.Keys.Ledger}} {
			_, err := identity.LoadKey(k.file)
			add(k.path, err)
		}
		for i, file := range c.Keys.LedgerFormer {
			_, err := identity.LoadKey(file)
			add(fmt.Sprintf("keys.ledger-former[%d]", i), err)
		}
	}
	if c.TLS.Cert != "" {
		_, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key)
		add("tls.cert", err)
	}
	for path, file := range map[string]string{"objects.ca-file": c.Objects.CAFile, "ledger.publish.ca-file": c.Ledger.Publish.CAFile} {
		if file != "" {
			add(path, checkAuthorities(file))
		}
	}
	return problems
}

// begun says whether one of the key files is there.
func begun(k config.Keys) bool {
	for _, file := range []string{k.Root, k.Token, k.Receipt, k.Ledger} {
		if _, err := os.Stat(file); file != "" && !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

func checkAuthorities(file string) error {
	text, err := os.ReadFile(file)
	if err == nil && !x509.NewCertPool().AppendCertsFromPEM(text) {
		err = errors.New("has no certificate in PEM")
	}
	return err
}

// checkConnections asks the servers that a good configuration names. It makes and changes
// nothing in the database.
func checkConnections(ctx context.Context, c config.Config) (problems []config.Problem) {
	add := func(path string, err error) {
		if err != nil {
			problems = append(problems, config.Problem{Path: path, Detail: err.Error()})
		}
	}
	add("database", askDatabase(ctx, c.Database))
	documents, ledgers, err := installation.TryStores(ctx, c, newLogger(c.Log))
	if err != nil {
		add("objects", err)
		return problems
	}
	for path, r := range map[string]s3.Report{"objects": documents, "ledger.publish": ledgers} {
		if r.Bucket != "" && !r.Usable() {
			add(path, errors.New("must not be used: `bordereau store check` says why"))
		}
	}
	return problems
}

// askDatabase opens the database for reading. A SQLite file that is not there yet is made
// by `init`.
func askDatabase(ctx context.Context, d config.Database) error {
	if d.Engine == config.SQLite {
		if _, err := os.Stat(d.Path); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	pool, err := database.OpenReadOnly(ctx, database.Config{SQLite: d.Path, PostgreSQL: d.URL.Reveal()})
	if err != nil {
		return err
	}
	return pool.Close()
}
