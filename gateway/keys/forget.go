package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// Identities that were destroyed are of no use anywhere: whoever wants one looks first whether its sealed copies still
// exist. But what is to be gone must not stay in a process's memory either, and a replica that did not destroy them itself
// learns of it here.

// destroyedLately is how far back a replica looks for what the others destroyed. One whose sweeper stood still for longer
// keeps in memory what it missed, until it is asked for it or ends.
const destroyedLately = 24 * time.Hour

// ForgetDestroyed takes identities out of memory that any replica destroyed, with their contract or by a rotation.
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

// ForgetIdentities takes all of a contract's identities out of this process's memory.
func (kp *Keeper) ForgetIdentities(id choke.ContractID) {
	kp.identities.Drop(func(k Epoch) bool { return k.Contract == id })
}

// forgetEarlier takes those of epochs before this one.
func (kp *Keeper) forgetEarlier(than Epoch) {
	kp.identities.Drop(func(k Epoch) bool { return k.Contract == than.Contract && k.Epoch < than.Epoch })
}
