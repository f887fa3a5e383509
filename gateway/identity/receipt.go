package identity

import (
	"crypto/ed25519"
	"fmt"
)

// receiptType is the JWS type of a receipt.
const receiptType = "bordereau-receipt+jws"

// ReceiptKey signs receipts. Its key must sign nothing else: clients keep receipts for
// years, and check them with this key long after the token key was changed. It implements
// gateway.ReceiptSigner.
type ReceiptKey struct{ signer *signer }

// NewReceiptKey makes a ReceiptKey of a private key.
func NewReceiptKey(key ed25519.PrivateKey) (*ReceiptKey, error) {
	s, err := newSigner(key, receiptType)
	if err != nil {
		return nil, fmt.Errorf("making receipt key: %w", err)
	}
	return &ReceiptKey{signer: s}, nil
}

// Sign gives the compact JWS of claims, encoded as JSON. The same claims always give the
// same receipt, so a repeated upload gets the same receipt as the first.
func (k *ReceiptKey) Sign(claims any) (string, error) {
	jws, err := k.signer.sign(claims)
	if err != nil {
		return "", fmt.Errorf("signing receipt: %w", err)
	}
	return jws, nil
}

// PublicJWK is the key that verifies receipts.
func (k *ReceiptKey) PublicJWK() JWK { return k.signer.public }
