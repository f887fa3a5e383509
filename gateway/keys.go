package gateway

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// firstIdentity makes a contract's identity of epoch 1. Only its recipient is kept in clear; the private half is sealed to
// the roots before it reaches the database.
func (s *scene) firstIdentity(ctx context.Context, tx *database.Tx, id ContractID) error {
	_, err := tx.CurrentContractKey(ctx, string(id))
	if err == nil || !isNoRows(err) {
		return err // an amendment keeps the contract's identity
	}
	identity, err := crypto.NewIdentity()
	if err != nil {
		return fmt.Errorf("making contract identity: %w", err)
	}
	copies, err := s.gateway.root.Seal(identity)
	if err != nil {
		return fmt.Errorf("sealing contract identity: %w", err)
	}
	err = tx.InsertContractKey(ctx, queries.InsertContractKeyParams{Contract: string(id), Epoch: 1,
		Recipient: identity.Recipient().String(), Created: micros(s.now)})
	if err != nil {
		return fmt.Errorf("inserting contract key: %w", err)
	}
	for _, c := range copies {
		err := tx.InsertContractKeyCopy(ctx, queries.InsertContractKeyCopyParams{Contract: string(id), Epoch: 1,
			SealedTo: c.SealedTo, Sealed: c.Sealed})
		if err != nil {
			return fmt.Errorf("inserting contract key copy: %w", err)
		}
	}
	return nil
}

// recipient is what new documents of the contract are sealed to.
func (s *scene) recipient(ctx context.Context, tx *database.Tx) (epoch int64, to *crypto.Recipient, err error) {
	key, err := tx.CurrentContractKey(ctx, string(s.contract))
	if err != nil {
		return 0, nil, fmt.Errorf("reading contract key: %w", err)
	}
	copies, err := tx.ContractKeyCopies(ctx, queries.ContractKeyCopiesParams{Contract: string(s.contract), Epoch: key.Epoch})
	if err != nil {
		return 0, nil, fmt.Errorf("reading contract key copies: %w", err)
	}
	if len(copies) == 0 {
		return 0, nil, &Conflict{Kind: ConflictState, Detail: "the contract's key was destroyed: nobody could open the document"}
	}
	to, err = crypto.ParseRecipient(key.Recipient)
	if err != nil {
		return 0, nil, fmt.Errorf("reading contract recipient: %w", err)
	}
	return key.Epoch, to, nil
}

// identity opens a contract's identity of one epoch. Opening costs a post-quantum unwrap, and an identity never changes
// for its contract and epoch, so it is cached; that its sealed copies still exist is read each time.
func (s *scene) identity(ctx context.Context, tx *database.Tx, epoch int64) (*crypto.Identity, error) {
	rows, err := tx.ContractKeyCopies(ctx, queries.ContractKeyCopiesParams{Contract: string(s.contract), Epoch: epoch})
	if err != nil {
		return nil, fmt.Errorf("reading contract key copies: %w", err)
	}
	if len(rows) == 0 {
		s.gateway.forgetIdentities(s.contract)
		return nil, ErrNotFound // erased
	}
	return s.gateway.identities.get(contractEpoch{s.contract, epoch}, func() (*crypto.Identity, error) {
		copies := make([]keyring.Copy, 0, len(rows))
		for _, r := range rows {
			copies = append(copies, keyring.Copy{SealedTo: r.SealedTo, Sealed: r.Sealed})
		}
		return s.gateway.root.Open(copies)
	})
}
