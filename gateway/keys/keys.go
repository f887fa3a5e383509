package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// FirstIdentity makes a contract's identity of epoch 1, unless it has one. An amendment
// keeps the contract's identity.
func (kp *Keeper) FirstIdentity(ctx context.Context, tx *database.Tx, s *choke.Scene, id choke.ContractID) error {
	_, err := tx.CurrentContractKey(ctx, id)
	if err == nil || !choke.IsNoRows(err) {
		return err
	}
	return kp.newIdentity(ctx, tx, id, 1, s.Now())
}

// newIdentity makes a contract's identity of an epoch. Only its recipient is stored in
// clear. The private key is sealed before it reaches the database.
func (kp *Keeper) newIdentity(ctx context.Context, tx *database.Tx, id choke.ContractID, epoch int64, now time.Time) error {
	identity, err := crypto.NewIdentity()
	if err != nil {
		return fmt.Errorf("making contract identity: %w", err)
	}
	copies, err := kp.sealIdentity(ctx, tx, identity)
	if err != nil {
		return err
	}
	err = tx.InsertContractKey(ctx, queries.InsertContractKeyParams{Contract: id, Epoch: epoch,
		Recipient: identity.Recipient().String(), Created: queries.At(now)})
	if err != nil {
		return fmt.Errorf("inserting contract key: %w", err)
	}
	for _, c := range copies {
		err := tx.InsertContractKeyCopy(ctx, queries.InsertContractKeyCopyParams{Contract: id, Epoch: epoch,
			SealedTo: c.SealedTo, Sealed: c.Sealed})
		if err != nil {
			return fmt.Errorf("inserting contract key copy: %w", err)
		}
	}
	return nil
}

// sealIdentity seals an identity to the roots and recovery recipients at hand, and to
// none that was retired. A gateway that still runs with yesterday's root file must not
// make what today's root cannot open.
func (kp *Keeper) sealIdentity(ctx context.Context, tx *database.Tx, identity *crypto.Identity) ([]keyring.Copy, error) {
	retired, err := retiredHolders(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(kp.root.Fingerprints(), func(f string) bool { return !retired[f] }) {
		return nil, errors.New("sealing contract identity: every root at hand was retired: start with the newest root file")
	}
	copies, err := kp.root.Seal(identity)
	if err != nil {
		return nil, fmt.Errorf("sealing contract identity: %w", err)
	}
	return slices.DeleteFunc(copies, func(c keyring.Copy) bool { return retired[c.SealedTo] }), nil
}

func retiredHolders(ctx context.Context, tx *database.Tx) (map[string]bool, error) {
	rows, err := tx.KeyHolders(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading key holders: %w", err)
	}
	retired := map[string]bool{}
	for _, r := range rows {
		retired[r.Fingerprint] = r.ValidUntil != queries.Forever
	}
	return retired, nil
}

// Recipient returns the key to which new documents of the contract are sealed.
func (kp *Keeper) Recipient(ctx context.Context, tx *database.Tx, s *choke.Scene) (epoch int64, to *crypto.Recipient, err error) {
	key, err := tx.CurrentContractKey(ctx, s.Contract())
	if err != nil {
		return 0, nil, fmt.Errorf("reading contract key: %w", err)
	}
	copies, err := tx.ContractKeyCopies(ctx, queries.ContractKeyCopiesParams{Contract: s.Contract(), Epoch: key.Epoch})
	if err != nil {
		return 0, nil, fmt.Errorf("reading contract key copies: %w", err)
	}
	if len(copies) == 0 {
		return 0, nil, &choke.Conflict{Kind: choke.ConflictState, Detail: "the contract's key was destroyed: no one could open the document"}
	}
	to, err = kp.recipients.Get(Epoch{s.Contract(), key.Epoch}, func() (*crypto.Recipient, error) {
		return crypto.ParseRecipient(key.Recipient)
	})
	if err != nil {
		return 0, nil, fmt.Errorf("reading contract recipient: %w", err)
	}
	return key.Epoch, to, nil
}

// Identity opens a contract's identity of one epoch. Opening costs a post-quantum unwrap,
// and an identity never changes for its contract and epoch, so it is cached. Whether its
// sealed copies still exist is read each time.
func (kp *Keeper) Identity(ctx context.Context, tx *database.Tx, key Epoch) (*crypto.Identity, error) {
	copies, err := copiesOf(ctx, tx, key)
	if err != nil {
		return nil, err
	}
	if len(copies) == 0 {
		kp.ForgetIdentities(key.Contract)
		return nil, choke.ErrNotFound // erased
	}
	return kp.identities.Get(key, func() (*crypto.Identity, error) { return kp.root.Open(copies) })
}

// copiesOf reads the sealed copies of an identity. A destroyed identity has none.
func copiesOf(ctx context.Context, tx *database.Tx, key Epoch) ([]keyring.Copy, error) {
	rows, err := tx.ContractKeyCopies(ctx, queries.ContractKeyCopiesParams{Contract: key.Contract, Epoch: key.Epoch})
	if err != nil {
		return nil, fmt.Errorf("reading contract key copies: %w", err)
	}
	copies := make([]keyring.Copy, 0, len(rows))
	for _, r := range rows {
		copies = append(copies, keyring.Copy{SealedTo: r.SealedTo, Sealed: r.Sealed})
	}
	return copies, nil
}

type Epoch struct {
	Contract choke.ContractID
	Epoch    int64
}
