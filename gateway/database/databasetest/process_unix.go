//go:build unix

package databasetest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// credential is a user of this machine.
type credential = syscall.Credential

// unprivileged is the user as whom PostgreSQL runs, because it refuses root. It is nil
// when we are not root.
func unprivileged() (*credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// runAs lets a command run as a user, in a process group of its own.
func runAs(cmd *exec.Cmd, who *credential) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
}

// freeze stops a process where it is.
func freeze(process int) error { return syscall.Kill(process, syscall.SIGSTOP) }

// kill ends a process at once. One that is gone is no error.
func kill(process int) error {
	if err := syscall.Kill(process, syscall.SIGKILL); err != syscall.ESRCH {
		return err
	}
	return nil
}
