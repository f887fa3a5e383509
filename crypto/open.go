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
// Reading 64 KiB or more at a time decrypts straight into the caller's memory, which holds nothing of use beyond what
// was read. A stream that is read to its end or its failure gives its buffers back; one that is dropped leaves them to
// the garbage collector.
//
// Every failure of Open or of a later Read wraps ErrTampered or ErrWrongKey, with one exception: when body itself fails,
// the store being away for instance, it is "reading body: …" with body's error, because nothing is known about tampering
// then. A body that just ends too early is ErrTampered.
func Open(header []byte, body io.Reader, with *Identity) (io.Reader, error) {
	key, err := fileKey(header, with)
	if err != nil {
		return nil, err
	}
	src := &source{reader: body, name: "body"}
	nonce, err := readNonce(src)
	if err != nil {
		return nil, err
	}
	return openChunks(key, nonce, src, 0, -1)
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

// fileKey gives the key that a header wraps. It opens this one document and goes into nothing that is kept.
func fileKey(header []byte, with *Identity) ([]byte, error) {
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	key, err := age.DecryptHeader(header, with.age)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrTampered, err)
	}
	return key, nil
}

// checkHeader refuses a header that is not exactly a header. age would overlook what is too much; then the cut between
// header and body could be moved without anybody noticing.
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

// readNonce reads what a body begins with.
func readNonce(body *source) ([]byte, error) {
	nonce := make([]byte, nonceSize)
	_, err := io.ReadFull(body, nonce)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("%w: the body ends before its first chunk", ErrTampered)
	}
	return nonce, err
}
