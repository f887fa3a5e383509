package event

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

const (
	// SaltBytes is the length of the salt of a commitment.
	SaltBytes = 32
	// MaxPrivate is the largest size in bytes of erasable data, as the JSON that is
	// stored.
	MaxPrivate = 16 << 10

	commitmentBytes = sha256.Size
)

// Opening is an event's erasable data as it is stored beside the leaf. Clear and Salt
// together open the commitment in the leaf,
//
//	priv = base64(SHA-256(salt || clear))
//
// The salt is as long as the digest. So once clear and salt are erased, no one can guess
// what was committed to, and no one can present another text for the same leaf.
type Opening struct {
	// Clear is a JSON object of strings, with sorted keys and no white space. It is
	// stored byte for byte, and never encoded again.
	Clear string
	Salt  []byte // SaltBytes random bytes
}

// Hide makes an opening with a new salt. Bytes that are not UTF-8 are replaced.
func Hide(private map[string]string) (Opening, error) {
	var clear bytes.Buffer
	encoder := json.NewEncoder(&clear)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(private); err != nil {
		return Opening{}, fmt.Errorf("%w: erasable data: %w", ErrInvalid, err)
	}
	if clear.Len() > MaxPrivate {
		return Opening{}, fmt.Errorf("%w: erasable data of %d bytes", ErrInvalid, clear.Len())
	}
	salt := make([]byte, SaltBytes)
	rand.Read(salt) // never returns an error: it ends the process instead
	return Opening{Clear: string(bytes.TrimSuffix(clear.Bytes(), []byte("\n"))), Salt: salt}, nil
}

// Commitment is the digest of the opening that the leaf holds.
func (o Opening) Commitment() string {
	digest := sha256.New()
	digest.Write(o.Salt)
	digest.Write([]byte(o.Clear))
	return base64.StdEncoding.EncodeToString(digest.Sum(nil))
}

// Check says whether this is the opening of the commitment.
func (o Opening) Check(commitment string) bool {
	return len(o.Salt) == SaltBytes && subtle.ConstantTimeCompare([]byte(o.Commitment()), []byte(commitment)) == 1
}

// Private reads the erasable data back.
func (o Opening) Private() (map[string]string, error) {
	var private map[string]string
	if err := json.Unmarshal([]byte(o.Clear), &private); err != nil {
		return nil, fmt.Errorf("%w: erasable data: %w", ErrInvalid, err)
	}
	return private, nil
}
