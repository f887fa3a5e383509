package crypto

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// Callers of Open and OpenSmall branch on these errors.
var (
	// ErrWrongKey means that the header wraps its file key for another recipient. A
	// header with an altered wrapped key looks the same: both are a ciphertext that the
	// identity does not open.
	ErrWrongKey = errors.New("sealed for another key")

	// ErrTampered means that header or body is not as Seal gave it: altered, cut,
	// extended, swapped, or no age file.
	ErrTampered = errors.New("sealed data was tampered with")
)

// Open decrypts a document that Seal sealed. It reads the first bytes of body, so that it
// can refuse early; the rest is decrypted while it is read. Every byte read is authentic
// and in its place, but only a bare io.EOF means that the document is complete. A reader
// that stops earlier, for instance at a length that it knows from elsewhere, has not
// checked where the body ends.
//
// A Read of 64 KiB or more decrypts straight into the caller's memory. The memory beyond
// the returned length then holds nothing of use. A stream that is read to its end or its
// failure gives its buffers back; an abandoned stream leaves them to the garbage
// collector.
//
// Every failure of Open or of a later Read wraps ErrTampered or ErrWrongKey, with one
// exception. When reading body fails, for instance because the store is unavailable, the
// error is "reading body: …" with body's error: nothing is known about tampering then. A
// body that ends too early is ErrTampered.
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

// OpenSmall decrypts the result of SealSmall, all or nothing.
func OpenSmall(sealed []byte, with *Identity) ([]byte, error) {
	header, err := age.ExtractHeader(bytes.NewReader(sealed))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrTampered, err)
	}
	body, ok := bytes.CutPrefix(sealed, header)
	if !ok {
		return nil, fmt.Errorf("%w: header is not in canonical form", ErrTampered)
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

// fileKey gives the key that a header wraps. It opens this one document and must not be
// stored.
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

// checkHeader refuses a header with bytes after its end. age would ignore them, and the
// cut between header and body could then be moved unnoticed.
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

// readNonce reads the nonce at the beginning of a body.
func readNonce(body *source) ([]byte, error) {
	nonce := make([]byte, nonceSize)
	_, err := io.ReadFull(body, nonce)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("%w: the body ends before its first chunk", ErrTampered)
	}
	return nonce, err
}
