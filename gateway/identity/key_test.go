package identity_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/identity"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.pem")
	made, err := identity.NewKey(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := identity.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if !made.Equal(loaded) {
		t.Error("the key that was loaded is not the one that was made")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestNewKeyNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.pem")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err := identity.NewKey(path); err == nil || key != nil {
		t.Errorf("error %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("file is %q, %v", text, err)
	}
}

// A link at the path is not followed: a person who may write into the folder must not
// choose another place for the key.
func TestNewKeyDoesNotFollowLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "token.pem")); err != nil {
		needs.Missing(t, "the file system has no symbolic links")
	}
	if _, err := identity.NewKey(filepath.Join(dir, "token.pem")); err == nil {
		t.Error("followed")
	}
}

func TestNewKeyNeedsAFolder(t *testing.T) {
	if _, err := identity.NewKey(filepath.Join(t.TempDir(), "missing", "token.pem")); err == nil {
		t.Error("no error")
	}
}

func TestLoadKeyRefusesAFileThatOthersMayRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.pem")
	if _, err := identity.NewKey(path); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := identity.LoadKey(path); err == nil || !strings.Contains(err.Error(), "owner") {
			t.Errorf("%v: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.LoadKey(path); err != nil {
		t.Errorf("read-only for its owner: %v", err)
	}
}

func TestLoadKeyRefusesOtherContent(t *testing.T) {
	good := goodKeyFile(t)
	body := string(good[bytes.IndexByte(good, '\n'):])
	for name, content := range map[string][]byte{
		"nothing":          nil,
		"text":             []byte("token"),
		"two keys":         append(bytes.Clone(good), good...),
		"text after":       append(bytes.Clone(good), "and more"...),
		"text before":      append([]byte("# my key\n"), good...),
		"other label":      bytes.ReplaceAll(good, []byte("PRIVATE KEY"), []byte("EC PRIVATE KEY")),
		"PEM headers":      []byte("-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n" + body),
		"cut":              good[:len(good)/2],
		"not PKCS#8":       pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("seed")}),
		"another kind":     ecKeyFile(t),
		"large":            append(bytes.Clone(good), bytes.Repeat([]byte("\n"), 16<<10)...),
		"one without body": []byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token.pem")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if key, err := identity.LoadKey(path); err == nil || key != nil {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestLoadKeyRefusesAMissingFileAndAFolder(t *testing.T) {
	if _, err := identity.LoadKey(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	folder := filepath.Join(t.TempDir(), "token.pem")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.LoadKey(folder); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("folder: %v", err)
	}
}

func goodKeyFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token.pem")
	if _, err := identity.NewKey(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ecKeyFile(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
