package audit

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// Checkpoint signs the ledger's name, size and root as a C2SP tlog-checkpoint. A ledger
// without events has a checkpoint too. Checkpoints are not stored: Ed25519 gives the same
// bytes every time.
func (l *Ledger) Checkpoint(ctx context.Context, ledger string) ([]byte, error) {
	tree, err := l.Tree(ctx, ledger)
	if err != nil {
		return nil, err
	}
	return tree.Checkpoint()
}

// VerifierKey is the key that verifies the ledger's checkpoints, in the form of package
// note: the ledger's name in its current epoch and the key in use. It is empty for a text
// that cannot name a ledger.
func (l *Ledger) VerifierKey(ledger string) string {
	signers, err := l.signers(ledger, l.Epoch(ledger))
	if err != nil {
		return ""
	}
	return signers[0].verifierKey
}

// signers sign the checkpoints of a ledger in an epoch. The first has the key in use.
func (l *Ledger) signers(ledger string, epoch int64) ([]*signer, error) {
	if !event.ValidLedger(ledger) {
		return nil, fmt.Errorf("%w: ledger", ErrQuery)
	}
	if l.config.Unsigned {
		return nil, errors.New("this process signs nothing")
	}
	name := event.LogName(l.firstName(ledger), epoch)
	var signers []*signer
	for _, key := range append([]ed25519.PrivateKey{l.histories.signingKey()}, l.config.Former...) {
		s, err := newSigner(name, key)
		if err != nil {
			return nil, err
		}
		signers = append(signers, s)
	}
	return signers, nil
}

// readHead reads the head of the ledger. A ledger without events has the zero head.
func (l *Ledger) readHead(ctx context.Context, ledger string) (head, error) {
	return readHead(ctx, l.config.Reader, ledger)
}

func readHead(ctx context.Context, db schema.Queryer, ledger string) (head, error) {
	var h head
	var stored []byte
	err := db.QueryRowContext(ctx, `SELECT size, compact_range, last_ts FROM audit_head WHERE ledger = $1`, ledger).
		Scan(&h.size, &stored, &h.last)
	if errors.Is(err, sql.ErrNoRows) {
		return head{}, nil
	}
	if err != nil {
		return head{}, err
	}
	h.compact, err = parseCompactRange(h.size, stored)
	return h, err
}

// signer is a note.Signer. The signer of package note takes the private key only as a
// text.
type signer struct {
	note.Verifier
	verifierKey string
	key         ed25519.PrivateKey
}

func newSigner(name string, key ed25519.PrivateKey) (*signer, error) {
	verifierKey, err := note.NewEd25519VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("making a verifier key: %w", err)
	}
	verifier, err := note.NewVerifier(verifierKey) // refuses a name that cannot stand in a note
	if err != nil {
		return nil, fmt.Errorf("making a verifier key: %w", err)
	}
	return &signer{Verifier: verifier, verifierKey: verifierKey, key: key}, nil
}

// Sign signs the text of a note.
func (s *signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }
