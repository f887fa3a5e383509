package objects

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/bordereau/bordereau/gateway"
)

// unavailable marks an error that means that the store is away, full or overloaded: the
// same call may succeed later.
func unavailable(err error) error {
	return fmt.Errorf("%w: %w", gateway.ErrUnavailable, err)
}

// folderError marks what a file system says when it, rather than the caller, is at fault.
// A missing file that is an answer has been dealt with before: here it can only mean that
// the store's own folders are gone.
func folderError(err error) error {
	for _, away := range []error{
		fs.ErrNotExist,
		syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.ESTALE,
		syscall.EMFILE, syscall.ENFILE,
	} {
		if errors.Is(err, away) {
			return unavailable(err)
		}
	}
	return err
}
