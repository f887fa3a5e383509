package crypto

import (
	"bytes"
	"fmt"
	"io"

	"filippo.io/age"
)

// Seal encrypts plain to one recipient. The header is there at once, before plain is read; the body is encrypted while
// it is read and has SealedSize bytes. Header and body, one after the other, are a standard age file.
//
// When plain fails, reading body fails with "reading plaintext: …" and never ends cleanly, however plain failed: an
// io.ErrUnexpectedEOF of plain arrives as another error. Whoever stores the body must keep nothing then. Seal itself
// fails only where the system has no randomness.
func Seal(plain io.Reader, to *Recipient) (header []byte, body io.Reader, err error) {
	file, err := age.EncryptReader(&source{reader: plain, name: "plaintext"}, to.age)
	if err != nil {
		return nil, nil, fmt.Errorf("sealing: %w", err)
	}
	// The header ends where age says so. Whatever its parser took beyond that is the beginning of the body.
	var taken bytes.Buffer
	header, err = age.ExtractHeader(io.TeeReader(file, &taken))
	if err != nil {
		return nil, nil, fmt.Errorf("sealing: %w", err)
	}
	return header, io.MultiReader(bytes.NewReader(taken.Bytes()[len(header):]), file), nil
}

// SealSmall encrypts something small, such as a key, to a whole age file: header and body in one.
func SealSmall(plain []byte, to *Recipient) ([]byte, error) {
	header, body, err := Seal(bytes.NewReader(plain), to)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.MultiReader(bytes.NewReader(header), body))
}
