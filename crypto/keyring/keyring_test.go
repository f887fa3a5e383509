package keyring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/keyring"
)

func newIdentity(t testing.TB) *crypto.Identity {
	t.Helper()
	identity, err := crypto.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func classicIdentity(t testing.TB) *crypto.Identity {
	t.Helper()
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := crypto.ParseIdentity(classic.String())
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// root makes a root of identities, the first of which seals.
func root(t testing.TB, identities ...*crypto.Identity) *keyring.Root {
	t.Helper()
	var text strings.Builder
	for _, identity := range identities {
		fmt.Fprintln(&text, identity.Secret())
	}
	r, err := keyring.Parse(text.String())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t testing.TB, r *keyring.Root, id *crypto.Identity) []keyring.Copy {
	t.Helper()
	copies, err := r.Seal(id)
	if err != nil {
		t.Fatal(err)
	}
	return copies
}

func checkOpens(t *testing.T, r *keyring.Root, copies []keyring.Copy, want *crypto.Identity) {
	t.Helper()
	got, err := r.Open(copies)
	if err != nil {
		t.Fatal(err)
	}
	if got.Secret() != want.Secret() {
		t.Error("opened another identity")
	}
}

func TestEveryRootOpensWhatAnyHasSealed(t *testing.T) {
	oldKey, newKey, contract := classicIdentity(t), newIdentity(t), newIdentity(t)
	before, during, after := root(t, oldKey), root(t, newKey, oldKey), root(t, newKey)

	old := sealed(t, before, contract)
	checkOpens(t, before, old, contract)
	checkOpens(t, during, old, contract)

	rotated := sealed(t, during, contract)
	checkOpens(t, during, rotated, contract)
	checkOpens(t, after, rotated, contract)
	checkOpens(t, before, rotated, contract) // a replica that has only the old root
	final := sealed(t, during.FirstAlone(), contract)
	checkOpens(t, after, final, contract)
	if _, err := before.Open(final); !errors.Is(err, crypto.ErrWrongKey) {
		t.Errorf("the old root opens what the new one sealed: %v", err)
	}
	if _, err := after.Open(old); !errors.Is(err, crypto.ErrWrongKey) {
		t.Errorf("the new root opens what the old one sealed: %v", err)
	}
	if len(rotated) != 2 || rotated[0].SealedTo != newKey.Recipient().Fingerprint() || len(final) != 1 {
		t.Errorf("%d copies and %d", len(rotated), len(final))
	}
	want := []string{newKey.Recipient().Fingerprint(), oldKey.Recipient().Fingerprint()}
	if diff := cmp.Diff(want, during.Fingerprints()); diff != "" {
		t.Errorf("fingerprints (-want +got):\n%s", diff)
	}
}

// A copy is a standard age file for the root: as a last resort the age command opens it.
func TestStockAgeOpensACopy(t *testing.T) {
	key, contract := newIdentity(t), newIdentity(t)
	stock, err := age.ParseIdentities(strings.NewReader(key.Secret()))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(bytes.NewReader(sealed(t, root(t, key), contract)[0].Sealed), stock...)
	if err != nil {
		t.Fatal(err)
	}
	var secret bytes.Buffer
	if _, err := secret.ReadFrom(plain); err != nil || secret.String() != contract.Secret() {
		t.Errorf("age gives another text, %v", err)
	}
}

func TestOneClassicRootIsNotPostQuantum(t *testing.T) {
	for name, c := range map[string]struct {
		root *keyring.Root
		want bool
	}{
		"hybrid":              {root(t, newIdentity(t)), true},
		"two hybrids":         {root(t, newIdentity(t), newIdentity(t)), true},
		"classic":             {root(t, classicIdentity(t)), false},
		"hybrid over classic": {root(t, newIdentity(t), classicIdentity(t)), false},
	} {
		if got := c.root.PostQuantum(); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestDamagedCopiesDoNotOpen(t *testing.T) {
	key, contract := newIdentity(t), newIdentity(t)
	r := root(t, key)
	good := sealed(t, r, contract)[0]
	altered := keyring.Copy{SealedTo: good.SealedTo, Sealed: slices.Clone(good.Sealed)}
	altered.Sealed[len(altered.Sealed)-1] ^= 1
	noKey, err := crypto.SealSmall([]byte("not a key"), key.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		copies []keyring.Copy
		want   error
	}{
		"none":           {nil, crypto.ErrWrongKey},
		"altered":        {[]keyring.Copy{altered}, crypto.ErrTampered},
		"cut":            {[]keyring.Copy{{good.SealedTo, good.Sealed[:100]}}, crypto.ErrTampered},
		"empty":          {[]keyring.Copy{{good.SealedTo, nil}}, crypto.ErrTampered},
		"no key in it":   {[]keyring.Copy{{good.SealedTo, noKey}}, crypto.ErrTampered},
		"another's name": {[]keyring.Copy{{"0123456789abcdef", good.Sealed}}, crypto.ErrWrongKey},
		"our name":       {[]keyring.Copy{{good.SealedTo, sealed(t, root(t, newIdentity(t)), contract)[0].Sealed}}, crypto.ErrWrongKey},
	} {
		if _, err := r.Open(c.copies); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	checkOpens(t, r, []keyring.Copy{altered, good}, contract)
}

func TestParseReadsAnAgeIdentityFile(t *testing.T) {
	key := newIdentity(t)
	r, err := keyring.Parse("# created: today\r\n\r\n  # indented\r\n\t" + key.Secret() + " \r\n#" + newIdentity(t).Secret() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{key.Recipient().Fingerprint()}, r.Fingerprints()); diff != "" {
		t.Errorf("fingerprints (-want +got):\n%s", diff)
	}
}

func TestParseErrorsNameTheLineAndNothingOfIt(t *testing.T) {
	secret := newIdentity(t).Secret()
	damaged := secret[:len(secret)-1] + "X"
	if damaged == secret {
		damaged = secret[:len(secret)-1] + "Q"
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "no identity"},
		"comments alone":  {"# " + secret, "no identity"},
		"damaged":         {"#\n\n" + damaged, "line 3"},
		"two on one line": {secret + " " + secret, "line 1"},
		"second damaged":  {secret + "\n" + secret[:40], "line 2"},
		"recipient":       {newIdentity(t).Recipient().String(), "line 1"},
		"a line too long": {secret + strings.Repeat("A", 1<<20), "too long"},
	} {
		_, err := keyring.Parse(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), secret[20:28]) {
			t.Errorf("%s: the error tells the key: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	secret := newIdentity(f).Secret()
	f.Add(secret)
	f.Add("# comment\n" + secret + "\n" + classicIdentity(f).Secret() + "\n")
	f.Add("\x00\n")
	contract := newIdentity(f)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := keyring.Parse(text)
		if err != nil {
			return
		}
		if len(r.Fingerprints()) == 0 {
			t.Fatal("a root without an identity")
		}
		checkOpens(t, r, sealed(t, r, contract), contract)
	})
}

func TestRootsNeverPrintThemselves(t *testing.T) {
	key := newIdentity(t)
	r := root(t, key)
	holder := struct{ r *keyring.Root }{r}
	var out bytes.Buffer
	for _, value := range []any{r, *r, holder, &holder} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d\n", value, value, value, value, value, value, value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "key", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "key", value)
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(encoded)
	}
	data := strings.TrimPrefix(key.Secret(), "AGE-SECRET-KEY-PQ-1")
	for _, form := range []string{data[:8], strings.ToLower(data[:8]), fmt.Sprintf("%x", data[:8]), "[]byte{", "[]uint8"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("printed %q", form)
		}
	}
}

func TestCreateMakesAPrivateFileThatLoads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	created, err := keyring.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	loaded, err := keyring.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	contract := newIdentity(t)
	checkOpens(t, loaded, sealed(t, created, contract), contract)
	if !loaded.PostQuantum() {
		t.Error("a new root is not post-quantum")
	}

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := age.ParseIdentities(bytes.NewReader(text)); err != nil {
		t.Errorf("age does not read the file: %v", err)
	}
	if !strings.Contains(string(text), created.Fingerprints()[0]) {
		t.Error("the file does not name its fingerprint")
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "root.key")
	if err := os.WriteFile(taken, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	dangling := filepath.Join(dir, "link.key")
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), dangling); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{taken, dangling} {
		if _, err := keyring.Create(path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("Create on %s: %v", filepath.Base(path), err)
		}
	}
	if text, err := os.ReadFile(taken); err != nil || string(text) != "precious" {
		t.Errorf("the file was changed to %q, %v", text, err)
	}
	if _, err := keyring.Create(filepath.Join(dir, "missing", "root.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Create in a missing folder: %v", err)
	}
}

func TestLoadRefusesAFileThatOthersMayUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	if _, err := keyring.Create(path); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Load(path); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%04o", mode)) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	for _, mode := range []fs.FileMode{0o600, 0o400, 0o700} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Load(path); err != nil {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

func TestLoadRefusesWhatIsNoRootFile(t *testing.T) {
	dir := t.TempDir()
	secret := newIdentity(t).Secret()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, path := range map[string]string{
		"missing": filepath.Join(dir, "missing"),
		"folder":  dir,
		"empty":   write("empty", ""),
		"cut":     write("cut", secret[:len(secret)-5]),
		"huge":    write("huge", secret+strings.Repeat("\n", 1<<20)),
	} {
		_, err := keyring.Load(path)
		if err == nil {
			t.Errorf("%s: loaded", name)
		} else if strings.Contains(err.Error(), secret[20:28]) {
			t.Errorf("%s: the error tells the key: %v", name, err)
		}
	}
}
