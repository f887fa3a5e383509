//go:build !unix

package databasetest

import (
	"errors"
	"os/exec"
)

var errNoUnix = errors.New("tests start PostgreSQL on Unix systems only")

// credential is a user of this machine.
type credential struct{ Uid, Gid uint32 }

func unprivileged() (*credential, error) { return nil, errNoUnix }

// runAs leaves a command without a program to run, so that it does not start.
func runAs(cmd *exec.Cmd, _ *credential) { cmd.Err = errNoUnix }

func freeze(int) error { return errNoUnix }

func kill(int) error { return errNoUnix }
