package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// A destroyed identity opens nothing any more: each use of an identity first checks that
// its sealed copies still exist. But a destroyed key must not stay in a process's memory
// either. A replica that did not destroy it learns of the destruction here.

// destroyedLately is how far back a replica looks for what the others destroyed. If its
// sweeper was stopped for longer, the replica keeps what it missed in memory until it is
// asked for that identity, or ends.
const destroyedLately = 24 * time.Hour

// ForgetDestroyed removes from memory the identities that any replica destroyed, with
// their contract or by a rotation.
func (kp *Keeper) ForgetDestroyed(ctx context.Context) error {
	since := queries.At(kp.door.Now().Add(-destroyedLately))
	var contracts []choke.ContractID
	var rotations []queries.KeyRotationsFinishedSinceRow
	err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		if contracts, err = tx.ContractsErasedSince(ctx, since); err != nil {
			return err
		}
		rotations, err = tx.KeyRotationsFinishedSince(ctx, since)
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for destroyed keys: %w", err)
	}
	for _, id := range contracts {
		kp.ForgetIdentities(id)
	}
	for _, r := range rotations {
		kp.forgetEarlier(Epoch{r.Contract, r.Epoch})
	}
	return nil
}

// ForgetIdentities removes all of a contract's identities from this process's memory.
func (kp *Keeper) ForgetIdentities(id choke.ContractID) {
	kp.identities.Drop(func(k Epoch) bool { return k.Contract == id })
}

// forgetEarlier removes the contract's identities of earlier epochs.
func (kp *Keeper) forgetEarlier(than Epoch) {
	kp.identities.Drop(func(k Epoch) bool { return k.Contract == than.Contract && k.Epoch < than.Epoch })
}
