package keyring

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bordereau/bordereau/crypto"
)

// maxFileSize bounds what Load reads. A root of ten identities has less than 1 KiB.
const maxFileSize = 64 << 10

// Create makes a new root in a new file of mode 0600. When it returns, the file is durable: nothing may be sealed to a
// root that a power cut could take away. It never overwrites; an existing path is fs.ErrExist.
func Create(path string) (*Root, error) {
	identity, err := crypto.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("creating root: %w", err)
	}
	if err := writeNew(path, fileText(identity)); err != nil {
		return nil, fmt.Errorf("creating root: %w", err)
	}
	return &Root{identities: []*crypto.Identity{identity}}, nil
}

// CreateRecovery makes a new recovery identity in a new file, as Create does, and gives its public half, which is all that
// an installation gets to know of it.
func CreateRecovery(path string) (*crypto.Recipient, error) {
	identity, err := crypto.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("creating recovery key: %w", err)
	}
	text := "# Recovery key of a Bordereau installation. Keep it offline: it opens every document.\n" +
		"# public key: " + identity.Recipient().String() + "\n" + identity.Secret() + "\n"
	if err := writeNew(path, text); err != nil {
		return nil, fmt.Errorf("creating recovery key: %w", err)
	}
	return identity.Recipient(), nil
}

// Load reads a root file. It refuses one that group or others may read or write.
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

// writeNew creates the file, whole and durable, or leaves none. If we die in between, a file without a complete identity
// may stay: Load refuses it, and nothing was sealed to it.
func writeNew(path, text string) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path) // ours: O_EXCL made it
		}
	}()
	if err := writeAndClose(file, text); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func writeAndClose(file *os.File, text string) error {
	_, err := io.WriteString(file, text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncFolder makes the file's name durable; syncing the file alone keeps its bytes and may lose its name.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// readPrivate reads a file after a look at its mode, taken from the open file so that it cannot be exchanged in between.
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
		return "", fmt.Errorf("%s has mode %04o, others may use it: chmod 600 it", path, mode)
	}
	if info.Size() > maxFileSize {
		return "", fmt.Errorf("%s has %d bytes, which is no root file", path, info.Size())
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize))
	return string(text), err
}
