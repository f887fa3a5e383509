package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// header is the protected header of everything this package signs. A token's header has
// these members and no others.
type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	Key       string `json:"kid"`
}

// signer signs compact JWS of one type with one key. The same payload always gives the
// same bytes: Ed25519 is deterministic and the header has a fixed order.
type signer struct {
	key    ed25519.PrivateKey
	public JWK
	header string // encoded
}

func newSigner(key ed25519.PrivateKey, typ string) (*signer, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("not an Ed25519 private key")
	}
	public := PublicJWK(key.Public().(ed25519.PublicKey))
	h, err := encodePart(header{Algorithm: public.Algorithm, Type: typ, Key: public.ID})
	if err != nil {
		return nil, err
	}
	return &signer{key: key, public: public, header: h}, nil
}

// sign gives header.payload.signature (RFC 7515 section 3.1).
func (s *signer) sign(payload any) (string, error) {
	body, err := encodePart(payload)
	if err != nil {
		return "", err
	}
	text := s.header + "." + body
	signature, err := jwt.SigningMethodEdDSA.Sign(text, s.key)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func encodePart(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding JSON: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}
