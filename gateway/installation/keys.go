package installation

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/identity"
)

// LoadRoot loads the roots, with the recovery recipients that the configuration names.
func LoadRoot(c config.Keys) (*keyring.Root, error) {
	root, err := ReadRoot(c)
	if err != nil {
		return nil, err
	}
	if root, err = root.WithRecovery(c.Recovery); err != nil {
		return nil, fmt.Errorf("keys.recovery: %w", err)
	}
	return root, nil
}

// ReadRoot loads the roots alone.
func ReadRoot(c config.Keys) (*keyring.Root, error) {
	if !c.RootSecret.IsEmpty() {
		return keyring.Parse(c.RootSecret.Reveal())
	}
	return keyring.Load(c.Root)
}

// loadKey loads a signing key.
func (in *Installation) loadKey(path string) (ed25519.PrivateKey, error) {
	key, err := identity.LoadKey(path)
	if in.options.Recovering && errors.Is(err, os.ErrNotExist) {
		in.Log.Warn("a key for signing is missing; a recovery goes on without it", "path", path)
		_, key, err = ed25519.GenerateKey(nil)
	}
	return key, err
}

func loadKeys(paths []string) ([]ed25519.PrivateKey, error) {
	var keys []ed25519.PrivateKey
	for _, path := range paths {
		key, err := identity.LoadKey(path)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
