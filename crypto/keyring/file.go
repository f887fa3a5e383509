package keyring

import (
	"fmt"
	"io"
	"os"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/durable"
)

// maxFileSize is the largest file that Load reads. A root file of ten identities has less
// than 1 KiB.
const maxFileSize = 64 << 10

// Create makes a new root in a new file of mode 0600. The file is durable when Create
// returns: nothing may be sealed to a root that a power cut could remove. It never
// overwrites a file; an existing path is fs.ErrExist.
func Create(path string) (*Root, error) { return create(durable.Disk{}, path) }

func create(disk durable.Disk, path string) (*Root, error) {
	identity, err := crypto.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("creating root: %w", err)
	}
	if err := disk.CreateFile(path, 0o600, durable.Content([]byte(fileText(identity)))); err != nil {
		return nil, fmt.Errorf("creating root: %w", err)
	}
	return &Root{identities: []*crypto.Identity{identity}}, nil
}

// CreateRecovery makes a new recovery identity in a new file, as Create does, and gives
// its public key. An installation never knows more of it.
func CreateRecovery(path string) (*crypto.Recipient, error) {
	return createRecovery(durable.Disk{}, path)
}

func createRecovery(disk durable.Disk, path string) (*crypto.Recipient, error) {
	identity, err := crypto.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("creating recovery key: %w", err)
	}
	text := "# Recovery key of a Bordereau installation. Keep it offline: it opens every document.\n" +
		"# public key: " + identity.Recipient().String() + "\n" + identity.Secret() + "\n"
	if err := disk.CreateFile(path, 0o600, durable.Content([]byte(text))); err != nil {
		return nil, fmt.Errorf("creating recovery key: %w", err)
	}
	return identity.Recipient(), nil
}

// Load reads a root file. It refuses a file that group or others may read or write.
func Load(path string) (*Root, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("loading root: %w", err)
	}
	root, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("loading root: %s: %w", path, err)
	}
	return root, nil
}

func fileText(identity *crypto.Identity) string {
	return "# Root key of a Bordereau installation. Keep a copy offline: what it sealed cannot be opened without it.\n" +
		"# fingerprint: " + identity.Recipient().Fingerprint() + "\n" +
		identity.Secret() + "\n"
}

// readPrivate reads a file after a check of its mode. It takes the mode from the open
// file: a file of that name could be exchanged between the check and the opening.
func readPrivate(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o and other users may use it: chmod 600 it", path, mode)
	}
	if info.Size() > maxFileSize {
		return "", fmt.Errorf("%s has %d bytes and is too large for a root file", path, info.Size())
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize))
	return string(text), err
}
