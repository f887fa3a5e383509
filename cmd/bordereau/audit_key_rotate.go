package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/installation"
)

func auditKeyRotateCommand() *cobra.Command {
	var f keysFlags
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Make a new key that signs the ledgers, and sign it with the old one",
		Long: "Make a new key for the ledgers. Every ledger gets an event with the new key under the signature of the old one, and that " +
			"statement is published. So a verifier who has the old verifier key can go on with it. The new key file takes the place of " +
			"keys.ledger in the configuration, and the old file stays beside it under another name.\n\n" +
			"Stop every gateway first. If the command is interrupted, run it again. Afterwards give every gateway the new file and " +
			"start them.\n\n" +
			"A verifier's program of another maker may not follow such statements. For it, name the old file in keys.ledger-former until " +
			"that verifier has the new key. Then destroy the old file. If the old key may have been copied, destroy it at once.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load()
			if err != nil {
				return err
			}
			r, err := rotateLedgerKey(cmd.Context(), c)
			if err != nil {
				return err
			}
			if f.json {
				return printJSON(cmd.OutOrStdout(), r)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d ledgers have a new key. It is in %s; the old one was kept in %s.\n"+
				"Give every gateway the new file, keep a copy of it offline, and start them.\n", r.Ledgers, r.Key, r.Former)
			return err
		},
	}
	f.addFlags(cmd)
	return cmd
}

// ledgerKeys is the result of a rotation.
type ledgerKeys struct {
	Ledgers int    `json:"ledgers"`
	Key     string `json:"key"`    // file of the new one
	Former  string `json:"former"` // file of the old one
}

// rotateLedgerKey makes the new key in a file of its own, records it, and then puts it in
// the place of the old one. If we die anywhere, it can run again: the ledgers open with
// the key that is recorded.
func rotateLedgerKey(ctx context.Context, c config.Config) (ledgerKeys, error) {
	r := ledgerKeys{Key: c.Keys.Ledger}
	fresh := c.Keys.Ledger + ".next"
	in, err := open(ctx, c)
	recorded := errors.Is(err, audit.ErrKey)
	if recorded {
		withFresh := c
		withFresh.Keys.Ledger = fresh
		var again error
		if in, again = open(ctx, withFresh); again != nil {
			return r, err // the configured key is an older one, and this command did not replace it
		}
	} else if err != nil {
		return r, err
	}
	err = in.Exclusively(ctx, func(ctx context.Context) error {
		if err := in.CheckPublished(ctx); err != nil {
			return err
		}
		if r.Ledgers, err = recordKey(ctx, in, fresh, recorded); err != nil {
			return err
		}
		if r.Former, err = exchangeKeys(durable.Disk{}, c.Keys.Ledger, fresh); err != nil {
			return err
		}
		return in.Publisher.Publish(ctx)
	})
	return r, errors.Join(err, in.Close())
}

// recordKey records the new key in the ledgers, unless an earlier run did.
func recordKey(ctx context.Context, in *installation.Installation, fresh string, recorded bool) (int, error) {
	if recorded {
		ledgers, err := in.Ledger.Ledgers(ctx)
		return len(ledgers), err
	}
	key, err := identity.LoadKey(fresh)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = identity.NewKey(fresh)
	}
	if err != nil {
		return 0, err
	}
	return in.Gateway.LocalRotateLedgerKey(ctx, key)
}

// exchangeKeys keeps the old key under another name and puts the new one in its place. At
// any moment, after a crash too, path has the old key or the new one, and the old key has
// a name.
func exchangeKeys(disk durable.Disk, path, fresh string) (former string, err error) {
	old, err := identity.LoadKey(path)
	if err != nil {
		return "", err
	}
	id := sha256.Sum256(old.Public().(ed25519.PublicKey))
	former = fmt.Sprintf("%s.former-%x", path, id[:4])
	if err := disk.LinkFile(path, former); errors.Is(err, fs.ErrExist) {
		err = disk.SyncFolder(filepath.Dir(former)) // an interrupted run made it
		if err != nil {
			return "", fmt.Errorf("keeping the old key: %w", err)
		}
	} else if err != nil {
		return "", fmt.Errorf("keeping the old key: %w", err)
	}
	if err := disk.RenameFile(fresh, path); err != nil {
		return "", fmt.Errorf("putting the new key in its place: %w", err)
	}
	return former, nil
}
