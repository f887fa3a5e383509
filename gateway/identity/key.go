package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/bordereau/bordereau/crypto/durable"
)

// pemType is the label of a PKCS#8 private key (RFC 7468 section 10).
const pemType = "PRIVATE KEY"

// maxKeyFile is far above any key file. A wrong path then causes no large allocation.
const maxKeyFile = 16 << 10

// NewKey makes an Ed25519 key and writes it to a new file at path as PKCS#8 in PEM,
// readable by its owner only. It never overwrites a file. The key survives a power cut
// once NewKey has returned: without that, receipts could remain whose key is lost and
// whose signature can no longer be checked.
func NewKey(path string) (ed25519.PrivateKey, error) {
	return newKey(durable.Disk{}, path)
}

func newKey(disk durable.Disk, path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("making key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})
	if err := disk.CreateFile(path, 0o600, durable.Content(text)); err != nil {
		return nil, fmt.Errorf("writing key: %w", err)
	}
	return key, nil
}

// LoadKey reads an Ed25519 key from a PKCS#8 PEM file. It refuses a file that the group
// or others may read, because another user could have copied that key.
func LoadKey(path string) (ed25519.PrivateKey, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("reading key: %w", err)
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("reading key %s: %w", path, err)
	}
	return key, nil
}

// readPrivate checks the mode of the opened file and not of its name: between a look at
// the name and the opening, another file could take that name.
func readPrivate(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s has mode %04o: only its owner may have access (chmod 600)", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err == nil && len(text) > maxKeyFile {
		err = fmt.Errorf("%s is too long for a key file", path)
	}
	return text, err
}

// parseKey takes exactly one PEM block with nothing around it. Its errors repeat none of
// the content.
func parseKey(text []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemType || len(block.Headers) != 0 || !bytes.HasPrefix(text, []byte("-----BEGIN")) {
		return nil, errors.New("not a PKCS#8 private key in PEM")
	}
	if len(bytes.TrimSpace(rest)) != 0 {
		return nil, errors.New("the file goes on after the key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a PKCS#8 private key")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	return key, nil
}
