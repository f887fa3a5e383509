package keyring_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/keyring"
)

func withRecovery(t testing.TB, r *keyring.Root, recipients ...string) *keyring.Root {
	t.Helper()
	with, err := r.WithRecovery(recipients)
	if err != nil {
		t.Fatal(err)
	}
	return with
}

// The root is lost; the recovery identity and the stock age library bring the contract's
// identity back.
func TestARecoveryIdentityOpensItsCopy(t *testing.T) {
	for name, recovery := range map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)} {
		t.Run(name, func(t *testing.T) {
			contract := newIdentity(t)
			r := withRecovery(t, root(t, newIdentity(t)), recovery.Recipient().String())
			copies := sealed(t, r, contract)
			if len(copies) != 2 || copies[1].SealedTo != recovery.Recipient().Fingerprint() {
				t.Fatalf("%d copies", len(copies))
			}
			checkOpens(t, root(t, recovery), copies, contract)
			stock, err := age.ParseIdentities(strings.NewReader(recovery.Secret()))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := age.Decrypt(bytes.NewReader(copies[1].Sealed), stock...)
			if err != nil {
				t.Fatal(err)
			}
			if secret, err := io.ReadAll(plain); err != nil || string(secret) != contract.Secret() {
				t.Errorf("age gives another text, %v", err)
			}
			if got, want := r.PostQuantum(), recovery.Recipient().PostQuantum(); got != want {
				t.Errorf("post-quantum %t, want %t", got, want)
			}
		})
	}
}

func TestHoldersAreNamedInOrder(t *testing.T) {
	first, second, safe := newIdentity(t), classicIdentity(t), newIdentity(t)
	r := withRecovery(t, root(t, first, second), safe.Recipient().String())
	var got []string
	for _, h := range r.Holders() {
		got = append(got, fmt.Sprintf("%s %t %t", h.Fingerprint, h.Recovery, h.PostQuantum))
	}
	want := []string{first.Recipient().Fingerprint() + " false true", second.Recipient().Fingerprint() + " false false",
		safe.Recipient().Fingerprint() + " true true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	one, err := r.SealTo(newIdentity(t), safe.Recipient().Fingerprint())
	if err != nil || one.SealedTo != safe.Recipient().Fingerprint() {
		t.Errorf("sealed to %s, %v", one.SealedTo, err)
	}
	if _, err := r.SealTo(newIdentity(t), newIdentity(t).Recipient().Fingerprint()); err == nil {
		t.Error("sealed to somebody unknown")
	}
}

func TestBadRecoveryRecipients(t *testing.T) {
	key, safe := newIdentity(t), newIdentity(t)
	for name, recipients := range map[string][]string{
		"twice":            {safe.Recipient().String(), safe.Recipient().String()},
		"the root's own":   {key.Recipient().String()},
		"no recipient":     {"age1nonsense"},
		"empty":            {""},
		"a private key":    {safe.Secret()},
		"one bad of two":   {safe.Recipient().String(), "x"},
		"with white space": {safe.Recipient().String() + "\n"},
	} {
		_, err := root(t, key).WithRecovery(recipients)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), safe.Secret()) {
			t.Errorf("%s: the error holds the key", name)
		}
	}
}

func rootFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	if _, err := keyring.Create(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path string) *keyring.Root {
	t.Helper()
	r, err := keyring.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The whole life of a root file: a key above another, then the first alone. Load reads it
// after each step and checks its mode.
func TestARootFileIsRotated(t *testing.T) {
	path := rootFile(t)
	before := load(t, path)
	contract := newIdentity(t)
	old := sealed(t, before, contract)

	added, err := keyring.AddFirst(path)
	if err != nil {
		t.Fatal(err)
	}
	during := load(t, path)
	if names := during.Fingerprints(); len(names) != 2 || names[1] != before.Fingerprints()[0] || names[0] != added.Fingerprints()[0] {
		t.Fatalf("the file has %v", names)
	}
	checkOpens(t, during, old, contract)
	rotated := sealed(t, during, contract)

	if _, err := keyring.KeepFirst(path); err != nil {
		t.Fatal(err)
	}
	after := load(t, path)
	if names := after.Fingerprints(); len(names) != 1 || names[0] != added.Fingerprints()[0] {
		t.Fatalf("the file has %v", names)
	}
	checkOpens(t, after, rotated, contract)
	if _, err := after.Open(old); err == nil {
		t.Error("the retired root still opens")
	}
	if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "AGE-SECRET-KEY") != 1 {
		t.Errorf("the file still holds another key, %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".root-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOnlyAGoodRootFileIsRotated(t *testing.T) {
	open := rootFile(t)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(broken, []byte("AGE-SECRET-KEY-1BROKEN\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"readable by all": open, "broken": broken, "missing": filepath.Join(t.TempDir(), "no")} {
		before, _ := os.ReadFile(path)
		for how, change := range map[string]func(string) (*keyring.Root, error){"AddFirst": keyring.AddFirst, "KeepFirst": keyring.KeepFirst} {
			if _, err := change(path); err == nil {
				t.Errorf("%s: %s changed it", name, how)
			}
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s: changed", name)
		}
	}
}

func TestARecoveryFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recovery.key")
	recipient, err := keyring.CreateRecovery(path)
	if err != nil {
		t.Fatal(err)
	}
	contract := newIdentity(t)
	copies := sealed(t, withRecovery(t, root(t, newIdentity(t)), recipient.String()), contract)
	checkOpens(t, load(t, path), copies, contract) // this checks its mode too
	if _, err := keyring.CreateRecovery(path); err == nil {
		t.Error("overwritten")
	}
}
