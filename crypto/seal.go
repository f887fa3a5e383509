package crypto

import (
	"bytes"
	"fmt"
	"io"

	"filippo.io/age"
)

// Seal encrypts plain to one recipient. It returns the header at once, before it reads
// plain. The body is encrypted while it is read and has SealedSize bytes. Header and
// body, one after the other, are a standard age file.
//
// When reading plain fails, reading body fails with "reading plaintext: …" and never ends
// cleanly: even an io.ErrUnexpectedEOF of plain arrives as another error. A caller that
// stores the body must then discard it. Seal itself fails only where the system has no
// randomness.
func Seal(plain io.Reader, to *Recipient) (header []byte, body io.Reader, err error) {
	return seal(plain, to.age)
}

func seal(plain io.Reader, to age.Recipient) (header []byte, body io.Reader, err error) {
	file, err := age.EncryptReader(&source{reader: plain, name: "plaintext"}, to)
	if err != nil {
		return nil, nil, fmt.Errorf("sealing: %w", err)
	}
	// The header ends where age's parser says. The parser may read further; those bytes
	// are the beginning of the body.
	var taken bytes.Buffer
	header, err = age.ExtractHeader(io.TeeReader(file, &taken))
	if err != nil {
		return nil, nil, fmt.Errorf("sealing: %w", err)
	}
	return header, io.MultiReader(bytes.NewReader(taken.Bytes()[len(header):]), file), nil
}

// SealSmall encrypts a short text, such as a key, to a whole age file: header and body in
// one.
func SealSmall(plain []byte, to *Recipient) ([]byte, error) {
	header, body, err := Seal(bytes.NewReader(plain), to)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.MultiReader(bytes.NewReader(header), body))
}
