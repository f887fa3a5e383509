package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/demo"
	"github.com/bordereau/bordereau/gateway/installation"
)

// demoFlags are the flags of the demo.
type demoFlags struct {
	data, documents, ready, listen string
	scale                          int
	once                           bool
}

func demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole gateway with synthetic documents, and play a story through its API",
		Long: "Make an installation in a folder, serve it on this machine, and play a story through its HTTP API: two clients, two " +
			"providers, contracts, batches, receipts, readings, refusals and the questions of a compliance officer. Each step is one line, " +
			"with the curl command that does the same. Afterwards the gateway goes on serving until you interrupt it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), f, cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "folder of the installation (default: a temporary one, removed at the end)")
	flags.StringVar(&f.documents, "documents", "", "folder with documents of your own, to send in place of synthetic ones")
	flags.StringVar(&f.ready, "ready-file", "", "file to write addresses, tokens and ids to, as JSON, after the story")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "address of the API")
	flags.IntVar(&f.scale, "scale", 1, "multiply the number of synthetic documents by this")
	flags.BoolVar(&f.once, "once", false, "exit after the story, with 0 when every step was as it should be")
	return cmd
}

func runDemo(ctx context.Context, f demoFlags, out io.Writer) (err error) {
	if f.documents != "" {
		if info, err := os.Stat(f.documents); err != nil || !info.IsDir() {
			return fmt.Errorf("--documents: %s is not a folder: name a folder with files", f.documents)
		}
	}
	if f.data == "" {
		if f.data, err = os.MkdirTemp("", "bordereau-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(f.data)) }()
	}
	api, admin, err := listen(config.Listen{API: f.listen, Admin: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	in, err := openDemo(ctx, f.data, "http://"+api.Addr().String())
	if err != nil {
		return errors.Join(err, api.Close(), admin.Close())
	}
	err = in.WithServices(ctx, func(ctx context.Context) error {
		return playWhileServing(ctx, in, f, api, admin, out)
	})
	if f.once || ctx.Err() == nil {
		return errors.Join(err, in.Close())
	}
	return errors.Join(ignoreCanceled(err), in.Close()) // an interrupt is the usual end of a demo
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// openDemo opens the installation in the folder, and makes it when there is none. Each
// run of the demo has another address.
func openDemo(ctx context.Context, data, url string) (*installation.Installation, error) {
	w := where{data: data}
	starter := config.Default()
	starter.PublicURL = url
	starter.Log.Level = slog.LevelWarn
	if err := initialise(ctx, w, starter, gateway.First{Organisation: "Demo operator", Country: "FR", Person: "Olga Operator"}, io.Discard); err != nil {
		return nil, err
	}
	c, err := w.load()
	if err != nil {
		return nil, err
	}
	c.PublicURL = url
	return open(ctx, c)
}

// playWhileServing serves and plays the story. Without --once it goes on serving until
// ctx ends.
func playWhileServing(ctx context.Context, in *installation.Installation, f demoFlags, api, admin net.Listener, out io.Writer) error {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- serve(serving, in, api, admin) }()

	world, err := playDemo(ctx, in, f, admin.Addr().String(), out)
	if err == nil && f.ready != "" {
		err = writeReady(f.ready, world)
	}
	if err == nil && !f.once {
		printAddresses(out, world)
		<-ctx.Done()
	}
	stop()
	return errors.Join(err, <-served)
}

func playDemo(ctx context.Context, in *installation.Installation, f demoFlags, admin string, out io.Writer) (*demo.World, error) {
	operator, err := readCredential(filepath.Join(in.Config.DataDir, credentialName))
	if err != nil {
		return nil, fmt.Errorf("reading the operator's credential: %w", err)
	}
	var documents fs.FS
	if f.documents != "" {
		documents = os.DirFS(f.documents)
	}
	return demo.Play(ctx, demo.Config{
		API: in.Config.PublicURL, Admin: "http://" + admin, Data: in.Config.DataDir, Out: out, Scale: f.scale, Documents: documents,
		Operator: demo.Credential{Person: string(operator.Person), Secret: demo.Secret(operator.Secret)}, Seed: 1,
		Verify: func(ctx context.Context) (string, error) { return verifySummary(ctx, in) },
	})
}

// verifySummary verifies every ledger and returns the result in one line.
func verifySummary(ctx context.Context, in *installation.Installation) (string, error) {
	ledgers, err := in.Ledger.Ledgers(ctx)
	if err != nil {
		return "", err
	}
	var events int64
	for _, ledger := range ledgers {
		report, err := verifyLedger(ctx, in, ledger, nil)
		if err != nil {
			return "", err
		}
		if !report.OK() {
			return "", fmt.Errorf("ledger %s: %s", ledger, report.Statement())
		}
		events += report.Proven
	}
	return fmt.Sprintf("%d events in %d ledgers are those that were signed", events, len(ledgers)), nil
}

// writeReady writes the whole file before it appears under its name, because a script
// waits for the name.
func writeReady(path string, world *demo.World) error {
	text, err := json.MarshalIndent(world, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".ready-*") // mode 0600: it holds secrets
	if err != nil {
		return fmt.Errorf("writing ready file: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("writing ready file: %w", err)
	}
	return nil
}

func printAddresses(out io.Writer, w *demo.World) {
	fmt.Fprintf(out, "\nServing. Interrupt to end.\n  API    %s\n  admin  %s\n  data   %s\n\n", w.API, w.Admin, w.Data)
	fmt.Fprintln(out, "Tokens (for 15 minutes):")
	for _, role := range sortedKeys(w.Tokens) {
		for _, person := range sortedKeys(w.Tokens[role]) {
			fmt.Fprintf(out, "  %-20s %-18s %s\n", role, person, w.Tokens[role][person])
		}
	}
	fmt.Fprintf(out, "\nIn another terminal:\n  bordereau audit query --data %[1]s --outcome deny\n  bordereau audit verify --data %[1]s\n", quote(w.Data))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// quote makes a path safe to paste into a shell.
func quote(path string) string {
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
