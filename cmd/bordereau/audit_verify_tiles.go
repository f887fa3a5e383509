package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
)

// verifyTiles verifies the ledgers that the keys are of, in a folder that they were published to.
func verifyTiles(ctx context.Context, dir string, keys []string, older [][]byte, asJSON bool, out io.Writer) error {
	if len(older) > 0 && len(keys) != 1 {
		return fmt.Errorf("older checkpoints belong to one ledger: name its key alone")
	}
	byLedger := map[string]string{}
	var ledgers []string
	for _, key := range keys {
		ledger, err := ledgerOf(key)
		if err != nil {
			return err
		}
		ledgers = append(ledgers, ledger)
		byLedger[ledger] = key
	}
	// A root is not left by a link out of the folder.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the published ledgers: %w", err)
	}
	err = showAll(out, ledgers, asJSON, func(ledger string) (*verify.Report, error) {
		folder, err := fs.Sub(root.FS(), ledger)
		if err != nil {
			return nil, err
		}
		return verify.Published(ctx, folder, verify.Evidence{Ledger: ledger, Key: byLedger[ledger], Older: older})
	})
	return errors.Join(err, root.Close())
}

// ledgerOf is the ledger that a verifier key is of, in whatever epoch.
func ledgerOf(key string) (string, error) {
	name, _, _ := strings.Cut(key, "+")
	first, _, ok := event.SplitLogName(name)
	if !ok {
		return "", fmt.Errorf("--key: it is not the key of a ledger, such as `bordereau audit key` prints")
	}
	return path.Base(first), nil
}
