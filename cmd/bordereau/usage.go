package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// The exit codes of every command.
const (
	exitDone     = 0
	exitFailed   = 1 // refused, or it went wrong
	exitUsage    = 2 // nothing was tried: the command line is not one
	exitUnproven = 3 // a verification found nothing wrong, and nothing to prove it by
)

// usageError is a command line that cannot be carried out as it stands.
type usageError string

func (e usageError) Error() string { return string(e) }

// exitCode is what a command ends with. started says whether it got as far as trying.
func exitCode(err error, started bool) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case !started, errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errUnproven):
		return exitUnproven
	default:
		return exitFailed
	}
}

// noteStart sets started when any of the commands begins, after its flags and arguments were found to be good.
func noteStart(cmd *cobra.Command, started *bool) {
	for _, c := range cmd.Commands() {
		noteStart(c, started)
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*started = true
			return run(cmd, args)
		}
	}
}

// group is a command that only has others under it. Any other word after it is a slip and no call for help.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(commands...)
	return cmd
}
