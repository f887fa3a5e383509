package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// These are the kinds of holders in the database.
const (
	holderRoot     = "root"
	holderRecovery = "recovery"
)

// Rewrapped is what LocalRewrapKeys did.
type Rewrapped struct {
	Keys    int64 `json:"keys"`    // all contracts' keys
	Changed int64 `json:"changed"` // keys that were sealed to other holders
	Failed  int64 `json:"failed"`  // keys that could not be opened, and are unchanged
}

// errStaleRoot refuses to take away keys from a newer root.
var errStaleRoot = &choke.Conflict{Kind: choke.ConflictState, Detail: "this root file is not the newest: use the file that has the root in use"}

// LocalRewrapKeys seals every contract's identities to the roots and recovery recipients
// at hand, and removes all other sealed copies. It does so as the owner of the machine.
// If retire is set, only the first root remains. It is safe to repeat, and does what is
// left to do. Each key is one transaction. Before it removes copies, it has opened one
// that stays. It returns a *Conflict while a running gateway has none of the roots that
// would remain.
//
// Die in between: some keys are sealed as before and others as after. The roots at hand
// open both.
func (kp *Keeper) LocalRewrapKeys(ctx context.Context, retire bool, progress choke.Progress) (Rewrapped, error) {
	to := kp.root
	if retire {
		to = kp.root.FirstAlone()
	}
	if err := kp.setHolders(ctx, to); err != nil {
		return Rewrapped{}, err
	}
	keys, err := kp.standingKeys(ctx)
	if err != nil {
		return Rewrapped{}, err
	}
	r := Rewrapped{Keys: int64(len(keys))}
	for i, k := range keys {
		progress.Tell(int64(i), r.Keys)
		changed, err := kp.rewrapKey(ctx, to, k)
		switch {
		case errors.Is(err, choke.ErrUnavailable) || ctx.Err() != nil:
			return r, errors.Join(err, ctx.Err())
		case err != nil:
			r.Failed++
			kp.log.Error("rewrapping a contract's key failed", "contract", k.contract.Id, "epoch", k.epoch, "error", err)
		case changed:
			r.Changed++
		}
	}
	progress.Tell(r.Keys, r.Keys)
	return r, nil
}

// standingKey is a contract's key that is not destroyed, with the ledger of its events.
type standingKey struct {
	contract ContractRow
	epoch    int64
}

// standingKeys lists all keys that are not destroyed.
func (kp *Keeper) standingKeys(ctx context.Context) ([]standingKey, error) {
	var all []standingKey
	err := kp.EachContract(ctx, func(c ContractRow) error {
		return choke.Unavailable(kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
			keys, err := tx.ContractKeys(ctx, c.Id)
			if err != nil {
				return fmt.Errorf("reading contract keys: %w", err)
			}
			for _, k := range keys {
				copies, err := copiesOf(ctx, tx, Epoch{c.Id, k.Epoch})
				if err != nil {
					return err
				}
				if len(copies) > 0 {
					all = append(all, standingKey{c, k.Epoch})
				}
			}
			return nil
		}))
	})
	return all, err
}

// setHolders records the holders to which keys are sealed from now on. It does so before
// the keys are rewrapped: from here on a gateway that still runs with an older root file
// seals nothing to a retired root.
func (kp *Keeper) setHolders(ctx context.Context, to *keyring.Root) error {
	e := kp.owner.Event(policy.ActionKeyHolders)
	e.Private["sealed_to"] = strings.Join(fingerprints(to), " ")
	return kp.owner.Record(ctx, choke.OperatorLedger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		rows, err := tx.KeyHolders(ctx)
		if err != nil {
			return false, fmt.Errorf("reading key holders: %w", err)
		}
		if isStale(rows, kp.root) {
			return false, errStaleRoot
		}
		if err := checkNodes(ctx, tx, to, e.Occurred); err != nil {
			return false, err
		}
		changed := false
		for i, h := range to.Holders() {
			if slices.ContainsFunc(rows, func(r queries.KeyHolder) bool {
				return r.Fingerprint == h.Fingerprint && r.ValidUntil == queries.Forever
			}) {
				continue
			}
			changed = true
			err := tx.SetKeyHolder(ctx, queries.SetKeyHolderParams{Fingerprint: h.Fingerprint, Kind: kindOf(h),
				ValidFrom: queries.At(e.Occurred) - queries.Micros(int64(i))}) // of roots written down together, the first is the newest
			if err != nil {
				return false, fmt.Errorf("writing key holder: %w", err)
			}
		}
		for _, r := range rows {
			if slices.Contains(fingerprints(to), r.Fingerprint) {
				continue
			}
			n, err := tx.EndKeyHolder(ctx, queries.EndKeyHolderParams{Fingerprint: r.Fingerprint, ValidUntil: queries.At(e.Occurred)})
			if err != nil {
				return false, fmt.Errorf("ending key holder: %w", err)
			}
			changed = changed || n > 0
		}
		return changed, nil
	})
}

// isStale says whether the roots at hand are older than those in use. They are if the
// first of them was retired, or if a root that is not among them came after it.
func isStale(rows []queries.KeyHolder, root *keyring.Root) bool {
	names := root.Fingerprints()
	first := slices.IndexFunc(rows, func(r queries.KeyHolder) bool { return r.Fingerprint == names[0] })
	if first < 0 {
		return false // it is new
	}
	return rows[first].ValidUntil != queries.Forever || slices.ContainsFunc(rows, func(r queries.KeyHolder) bool {
		return r.Kind == holderRoot && r.ValidUntil == queries.Forever && r.ValidFrom > rows[first].ValidFrom && !slices.Contains(names, r.Fingerprint)
	})
}

func kindOf(h keyring.Holder) string {
	if h.Recovery {
		return holderRecovery
	}
	return holderRoot
}

func fingerprints(root *keyring.Root) []string {
	var names []string
	for _, h := range root.Holders() {
		names = append(names, h.Fingerprint)
	}
	return names
}

// rewrapKey seals one key to its new holders, and removes all other sealed copies.
func (kp *Keeper) rewrapKey(ctx context.Context, to *keyring.Root, k standingKey) (changed bool, err error) {
	key := Epoch{k.contract.Id, k.epoch}
	e := kp.owner.KeyEvent(policy.ActionKeyReseal, key.Contract, key.Epoch)
	e.Private["sealed_to"] = strings.Join(fingerprints(to), " ")
	err = kp.owner.Record(ctx, k.contract.ledger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		changed = false
		row, err := tx.ContractKeyForChange(ctx, queries.ContractKeyForChangeParams{Contract: key.Contract, Epoch: key.Epoch})
		if err != nil {
			return false, fmt.Errorf("reading contract key: %w", err)
		}
		copies, err := copiesOf(ctx, tx, key)
		if err != nil || len(copies) == 0 {
			return false, err // it was destroyed meanwhile
		}
		changed, err = kp.rewrapCopies(ctx, tx, to, row, copies)
		return changed, err
	})
	return changed && err == nil, err
}

func (kp *Keeper) rewrapCopies(ctx context.Context, tx *database.Tx, to *keyring.Root, row queries.ContractKey, copies []keyring.Copy) (bool, error) {
	wanted := fingerprints(to)
	kept, surplus := split(copies, wanted)
	if len(kept) == len(wanted) && len(surplus) == 0 {
		return false, nil
	}
	identity, err := kp.root.Open(copies)
	if err != nil {
		return false, err
	}
	if identity.Recipient().String() != row.Recipient {
		return false, fmt.Errorf("%w: the sealed key is not the contract's", choke.ErrTampered)
	}
	for _, name := range wanted {
		if slices.ContainsFunc(kept, func(c keyring.Copy) bool { return c.SealedTo == name }) {
			continue
		}
		c, err := to.SealTo(identity, name)
		if err != nil {
			return false, err
		}
		kept = append(kept, c)
		if err := tx.InsertContractKeyCopy(ctx, queries.InsertContractKeyCopyParams{Contract: row.Contract, Epoch: row.Epoch,
			SealedTo: c.SealedTo, Sealed: c.Sealed}); err != nil {
			return false, fmt.Errorf("inserting contract key copy: %w", err)
		}
	}
	if again, err := to.Open(kept); err != nil || again.Secret() != identity.Secret() {
		return false, fmt.Errorf("%w: a copy that is to stay does not open", choke.ErrTampered)
	}
	for _, c := range surplus {
		if _, err := tx.DeleteContractKeyCopy(ctx, queries.DeleteContractKeyCopyParams{Contract: row.Contract, Epoch: row.Epoch,
			SealedTo: c.SealedTo}); err != nil {
			return false, fmt.Errorf("deleting contract key copy: %w", err)
		}
	}
	return true, nil
}

// split separates the copies for the wanted holders from the copies for others.
func split(copies []keyring.Copy, wanted []string) (kept, surplus []keyring.Copy) {
	for _, c := range copies {
		if slices.Contains(wanted, c.SealedTo) {
			kept = append(kept, c)
		} else {
			surplus = append(surplus, c)
		}
	}
	return kept, surplus
}
