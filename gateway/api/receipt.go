package api

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// ReceiptType is the `typ` of a receipt's JWS. Only receipts and destruction certificates
// have it.
const ReceiptType = "bordereau-receipt+jws"

// ErrReceipt means that a text is not a receipt signed by one of the keys.
var ErrReceipt = errors.New("not a receipt of this gateway")

// VerifyReceipt checks a receipt's signature against the gateway's public keys (GET
// /.well-known/jwks.json, kept from a time when they were trusted) and gives the
// receipt's claims. The caller compares the claims with the sent document: a receipt for
// other bytes is also a valid receipt.
//
// Only the signature is left to a library. An unusual JWS is refused: another algorithm
// or type, critical extensions, a key in the header, anything outside the base64url
// alphabet.
func VerifyReceipt(keys KeySet, jws string) (ReceiptClaims, error) {
	payload, err := verifySigned(keys, jws)
	if err != nil {
		return ReceiptClaims{}, err
	}
	var claims ReceiptClaims
	err = json.Unmarshal(payload, &claims)
	if err != nil || !strings.HasPrefix(claims.ID, "r_") || claims.Document == "" { // the key signs certificates too
		return ReceiptClaims{}, fmt.Errorf("%w: the claims cannot be read", ErrReceipt)
	}
	return claims, nil
}

// verifySigned checks a JWS and gives its payload.
func verifySigned(keys KeySet, jws string) (payload []byte, err error) {
	signed, header, payload, signature, err := splitJWS(jws)
	if err != nil {
		return nil, err
	}
	key, err := receiptKey(keys, header)
	if err != nil {
		return nil, err
	}
	if err := jwt.SigningMethodEdDSA.Verify(signed, signature, key); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	return payload, nil
}

// splitJWS takes a compact JWS apart.
func splitJWS(jws string) (signed string, header, payload, signature []byte, err error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 || strings.ContainsAny(jws, "\r\n") { // encoding/base64 skips these
		return "", nil, nil, nil, fmt.Errorf("%w: not a compact JWS", ErrReceipt)
	}
	var decoded [3][]byte
	for i, part := range parts {
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return "", nil, nil, nil, fmt.Errorf("%w: not base64url", ErrReceipt)
		}
	}
	return parts[0] + "." + parts[1], decoded[0], decoded[1], decoded[2], nil
}

// receiptKey checks the protected header and gives the key that it names.
func receiptKey(keys KeySet, header []byte) (ed25519.PublicKey, error) {
	members := map[string]string{}
	if err := json.Unmarshal(header, &members); err != nil {
		return nil, fmt.Errorf("%w: the header cannot be read", ErrReceipt)
	}
	if len(members) != 3 || members["alg"] != "EdDSA" || members["typ"] != ReceiptType {
		return nil, fmt.Errorf("%w: the header is not a receipt's", ErrReceipt)
	}
	for _, k := range keys.Keys {
		if k.Kid != members["kid"] || k.Kty != "OKP" || k.Crv != "Ed25519" || k.Use != "sig" || k.Alg != "EdDSA" {
			continue
		}
		public, err := base64.RawURLEncoding.Strict().DecodeString(k.X)
		if err != nil || len(public) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("reading key %s: not an Ed25519 key", k.Kid)
		}
		return public, nil
	}
	return nil, fmt.Errorf("%w: its key is unknown: get the gateway's keys of the time of the receipt", ErrReceipt)
}
