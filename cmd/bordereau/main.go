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
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.Is(err, errUnproven):
		return 3
	}
	fmt.Fprintln(os.Stderr, "bordereau:", err)
	return 1
}

// errUnproven ends a verification that found nothing wrong and proves nothing, because nobody gave it a key to prove by. It
// was shown already. Exit code 2 is left to the Go runtime.
var errUnproven = errors.New("not proven")

// errReported ends a command with a failure that it has shown already.
var errReported = errors.New("failed")

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "bordereau",
		Short:         "A document gateway for outsourced processing: sealed documents, access by contract, proof of every access",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(demoCommand(), serveCommand(), initCommand(), configCommand(), auditCommand(), keysCommand())
	return root
}
