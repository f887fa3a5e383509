// Command bordereau is the gateway and everything around it: one file per command, each of which reads its configuration,
// makes what it needs and runs it. Nothing is decided here.
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
	os.Exit(run(ctx, os.Args[1:]))
}

// run is main without the process: it returns the exit code.
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

// errUnproven ends a verification that found nothing wrong and proves nothing, because nobody gave it a key to prove by. It
// was shown already.
var errUnproven = errors.New("not proven")

// errReported ends a command with a failure that it has shown already.
var errReported = errors.New("failed")

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "bordereau",
		Short:         "A document gateway for outsourced processing: sealed documents, access by contract, proof of every access",
		Long:          "Exit codes: 0 done, 1 refused or failed, 2 the command line is not one, 3 nothing is wrong and nothing proven.",
		Version:       newBuildVersion(builtFrom(), stamped).String(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(demoCommand(), serveCommand(), initCommand(), configCommand(), auditCommand(), keysCommand(),
		contractCommand(), policyCommand(), memberCommand(), fsckCommand(), recoverCommand(), versionCommand())
	return root
}
