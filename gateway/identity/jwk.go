package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
)

// JWK is a public Ed25519 key as RFC 8037 writes it.
type JWK struct {
	KeyType   string `json:"kty"` // "OKP"
	Curve     string `json:"crv"` // "Ed25519"
	X         string `json:"x"`   // the public key, base64url
	ID        string `json:"kid"` // the key's RFC 7638 thumbprint
	Use       string `json:"use"` // "sig"
	Algorithm string `json:"alg"` // "EdDSA"
}

// JWKS is a set of public keys, as served at /.well-known/jwks.json.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// PublicJWK describes a public key.
func PublicJWK(key ed25519.PublicKey) JWK {
	x := base64.RawURLEncoding.EncodeToString(key)
	return JWK{KeyType: "OKP", Curve: "Ed25519", X: x, ID: thumbprint(x), Use: "sig", Algorithm: "EdDSA"}
}

// thumbprint is RFC 7638 over the required members of an OKP key (RFC 8037 section 2), in
// lexical order. x is base64url, so nothing in it needs escaping.
func thumbprint(x string) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
