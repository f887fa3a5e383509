//go:build unix

package installation

import (
	"fmt"
	"os"
	"syscall"
)

// checkOwner refuses a run as root in a folder of another user: the files that it makes
// would be root's, and the gateway, which runs as that user, could not go on with them.
func checkOwner(folder string, runsAs int) error {
	info, err := os.Stat(folder)
	if err != nil {
		return nil // it is made, or missed, later
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || runsAs != 0 || owner.Uid == 0 {
		return nil
	}
	return fmt.Errorf("%s belongs to user %d, and files that root makes there would stop the gateway: run this as that user "+
		"(sudo -u '#%d' bordereau …)", folder, owner.Uid, owner.Uid)
}

// runsAs is the user as whom this process runs.
func runsAs() int { return os.Geteuid() }
