package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// The exit codes of every command.
const (
	exitDone     = 0
	exitFailed   = 1 // refused or failed
	exitUsage    = 2 // the command line is wrong, and nothing was tried
	exitUnproven = 3 // a verification found no problem and proved nothing
)

// usageError is a command line that cannot be carried out as it stands.
type usageError string

func (e usageError) Error() string { return string(e) }

// exitCode is the exit code of a command. started is true when its flags and arguments
// were good.
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

// noteStart sets started when one of the commands begins, after its flags and arguments
// were checked.
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

// group is a command that only has commands under it. Another word after it is a mistake,
// and not a call for help.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(commands...)
	return cmd
}
