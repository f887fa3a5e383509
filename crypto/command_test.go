package crypto_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// An operator can leave with the stock command: cat header body | age -d -i key
func TestTheStockCommandOpensADocument(t *testing.T) {
	command := needs.Age(t)
	for name, identity := range map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)} {
		want := document(chunk + 10)
		t.Run(name+"/opens what we seal", func(t *testing.T) {
			header, body := seal(t, want, identity.Recipient())
			decrypt := exec.Command(command, "--decrypt", "--identity", keyFile(t, identity))
			decrypt.Stdin = bytes.NewReader(slices.Concat(header, body))
			got, err := decrypt.Output()
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("age gave %d bytes, %v", len(got), err)
			}
		})
		t.Run(name+"/opens what we rewrap", func(t *testing.T) {
			old := newIdentity(t)
			header, body := seal(t, want, old.Recipient())
			decrypt := exec.Command(command, "--decrypt", "--identity", keyFile(t, identity))
			decrypt.Stdin = bytes.NewReader(slices.Concat(rewrap(t, header, old, identity.Recipient()), body))
			got, err := decrypt.Output()
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("age gave %d bytes, %v", len(got), err)
			}
		})
		t.Run(name+"/seals what we open", func(t *testing.T) {
			encrypt := exec.Command(command, "--encrypt", "--recipient", identity.Recipient().String())
			encrypt.Stdin = bytes.NewReader(want)
			sealed, err := encrypt.Output()
			if err != nil {
				t.Fatal(err)
			}
			got, err := crypto.OpenSmall(sealed, identity)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
}

func keyFile(t *testing.T, identity *crypto.Identity) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(identity.Secret()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
