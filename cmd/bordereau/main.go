// Command bordereau is the gateway and its tools. Each command has one file: it reads its
// configuration, opens the parts that it needs and runs them. Nothing is decided here.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:]))
}

// run is main without the process. It returns the exit code.
func run(ctx context.Context, args []string) int {
	root, started := newRoot(), false
	noteStart(root, &started)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errReported) && !errors.Is(err, errUnproven) {
		fmt.Fprintln(os.Stderr, "bordereau:", err)
	}
	return exitCode(err, started)
}

// errUnproven ends a verification that found no problem and proved nothing, because it
// had no key. The command has shown that already.
var errUnproven = errors.New("not proven")

// errReported ends a command with a failure that the command has shown already.
var errReported = errors.New("failed")

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "bordereau",
		Short: "A document gateway for outsourced processing: sealed documents, access by contract, proof of every access",
		Long: "Bordereau is a document gateway for outsourced processing. A client hands documents to a provider under a contract. The " +
			"gateway keeps each document encrypted, allows each access by the terms of the contract, and records each access in the " +
			"client's ledger, with a proof.\n\n" +
			"To begin: `bordereau demo` shows everything once. `bordereau init --data DIR` makes an installation, and " +
			"`bordereau serve --data DIR` runs it. The commands contract, policy and member speak to a running gateway (--api), as a " +
			"person. The other commands work on an installation on this machine (--data or --config).\n\n" +
			"Exit codes: 0 done; 1 refused or failed; 2 the command line is wrong, and nothing was tried; 3 a verification found no problem " +
			"and proved nothing.",
		Version:       newBuildVersion(builtFrom(), stamped).String(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(demoCommand(), serveCommand(), initCommand(), configCommand(), auditCommand(), keysCommand(),
		contractCommand(), policyCommand(), memberCommand(), fsckCommand(), storeCommand(), recoverCommand(), healthCommand(), versionCommand())
	fillHelp(root)
	return root
}
