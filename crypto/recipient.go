package crypto

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"filippo.io/age"
)

// Recipient is a public key. Anyone can seal to it. It is safe for concurrent use.
type Recipient struct {
	age         age.Recipient
	text        string
	postQuantum bool
}

// ParseRecipient reads a recipient in age's text form: age1pq1… (hybrid) or age1…
// (classic X25519). Its errors repeat no part of s, which may be a private key pasted in
// the wrong place.
func ParseRecipient(s string) (*Recipient, error) {
	if strings.HasPrefix(s, "age1pq1") {
		if hybrid, err := age.ParseHybridRecipient(s); err == nil {
			return &Recipient{age: hybrid, text: hybrid.String(), postQuantum: true}, nil
		}
		return nil, errors.New("parsing recipient: damaged age1pq1… key")
	}
	if strings.HasPrefix(s, "age1") {
		if classic, err := age.ParseX25519Recipient(s); err == nil {
			return &Recipient{age: classic, text: classic.String()}, nil
		}
		return nil, errors.New("parsing recipient: damaged age1… key")
	}
	return nil, errors.New("parsing recipient: neither age1pq1… nor age1…")
}

// String gives age's text form; ParseRecipient reads it back. A hybrid recipient has
// about two thousand characters.
func (r *Recipient) String() string { return r.text }

// PostQuantum reports whether a quantum computer still cannot open data sealed to r.
func (r *Recipient) PostQuantum() bool { return r.postQuantum }

// Fingerprint is a short name for r: the first 16 hexadecimal digits of the SHA-256 of
// its text form. It finds one key among a few; it proves nothing. The recipient cannot be
// computed from it.
func (r *Recipient) Fingerprint() string {
	sum := sha256.Sum256([]byte(r.text))
	return hex.EncodeToString(sum[:8])
}
