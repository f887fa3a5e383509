package crypto

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// What callers of Open and OpenSmall branch on.
var (
	// ErrWrongKey means that the header wraps its file key for somebody else. A header whose wrapped key was
	// altered looks the same: both are a ciphertext that the identity does not open.
	ErrWrongKey = errors.New("sealed for another key")

	// ErrTampered means that header or body is not what Seal gave: altered, cut, extended, swapped, or no age file.
	ErrTampered = errors.New("sealed data was tampered with")
)

// Open decrypts what Seal gave. It reads the first bytes of body, so as to refuse early; the rest is decrypted while it
// is read. Every byte read is authentic and in its place, but only a bare io.EOF says that it was all: a reader that
// stops before it, at a length known from elsewhere for instance, has not seen whether the body goes on.
//
// Every failure of Open or of a later Read wraps ErrTampered or ErrWrongKey, with one exception: when body itself fails,
// the store being away for instance, it is "reading body: …" with body's error, because nothing is known about tampering
// then. A body that just ends too early is ErrTampered.
func Open(header []byte, body io.Reader, with *Identity) (io.Reader, error) {
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	src := &source{reader: body, name: "body"}
	plain, err := age.Decrypt(io.MultiReader(bytes.NewReader(header), src), with.age)
	if err != nil {
		return nil, openingError(src, err)
	}
	return &opened{plain: plain, body: src}, nil
}

// OpenSmall decrypts what SealSmall gave, all or nothing.
func OpenSmall(sealed []byte, with *Identity) ([]byte, error) {
	header, err := age.ExtractHeader(bytes.NewReader(sealed))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrTampered, err)
	}
	body, ok := bytes.CutPrefix(sealed, header)
	if !ok {
		return nil, fmt.Errorf("%w: header is not in its one form", ErrTampered)
	}
	reader, err := Open(header, bytes.NewReader(body), with)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	return plain, nil
}

// checkHeader refuses a header that is not exactly a header. age would read on into the body for what is missing, and
// take for body what is too much; then the cut between the two could be moved without anybody noticing.
func checkHeader(header []byte) error {
	parsed, err := age.ExtractHeader(bytes.NewReader(header))
	if err != nil {
		return fmt.Errorf("%w: %v", ErrTampered, err)
	}
	if !bytes.Equal(parsed, header) {
		return fmt.Errorf("%w: header does not end where it should", ErrTampered)
	}
	return nil
}

// opened gives age's errors our names.
type opened struct {
	plain io.Reader
	body  *source
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.plain.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, openingError(o.body, err)
}

// openingError names the failure err of opening body.
func openingError(body *source, err error) error {
	if failure := body.failure(); failure != nil {
		return failure
	}
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return ErrWrongKey
	}
	return fmt.Errorf("%w: %v", ErrTampered, err)
}
