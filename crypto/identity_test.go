package crypto_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/bordereau/bordereau/crypto"
)

func TestKeysKeepTheirTextForm(t *testing.T) {
	for name, c := range map[string]struct {
		identity    *crypto.Identity
		secret      string
		recipient   string
		postQuantum bool
	}{
		"hybrid":  {newIdentity(t), "AGE-SECRET-KEY-PQ-1", "age1pq1", true},
		"classic": {classicIdentity(t), "AGE-SECRET-KEY-1", "age1", false},
	} {
		secret, recipient := c.identity.Secret(), c.identity.Recipient()
		if !strings.HasPrefix(secret, c.secret) || !strings.HasPrefix(recipient.String(), c.recipient) {
			t.Errorf("%s: other text forms: %.12s…, %.12s…", name, secret, recipient)
		}
		if recipient.PostQuantum() != c.postQuantum {
			t.Errorf("%s: PostQuantum is %t", name, recipient.PostQuantum())
		}
		again, err := crypto.ParseIdentity(secret)
		if err != nil || again.Secret() != secret || again.Recipient().String() != recipient.String() {
			t.Errorf("%s: ParseIdentity gave another identity, %v", name, err)
		}
		public, err := crypto.ParseRecipient(recipient.String())
		if err != nil || public.String() != recipient.String() || public.PostQuantum() != c.postQuantum {
			t.Errorf("%s: ParseRecipient gave another recipient, %v", name, err)
		}
		header, body := seal(t, document(10), public)
		if got, err := open(header, bytes.NewReader(body), again); err != nil || !bytes.Equal(got, document(10)) {
			t.Errorf("%s: parsed keys do not fit: %v", name, err)
		}
	}
}

// Computed with: printf %s age1… | sha256sum
func TestFingerprint(t *testing.T) {
	recipient, err := crypto.ParseRecipient("age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := recipient.Fingerprint(), "ce9450dfdff59e9d"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// fields holds identities as programs do: in exported and unexported fields, by pointer
// and by value.
type fields struct {
	Pointer *crypto.Identity
	Value   crypto.Identity
	pointer *crypto.Identity
	value   crypto.Identity
	list    []*crypto.Identity
}

func TestIdentitiesNeverPrintThemselves(t *testing.T) {
	for name, identity := range map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)} {
		h := fields{identity, *identity, identity, *identity, []*crypto.Identity{identity}}
		var out bytes.Buffer
		for _, value := range []any{identity, *identity, h, &h, []any{identity, h}, fmt.Errorf("with %v", identity)} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%10v"} {
				fmt.Fprintf(&out, verb+"\n", value)
			}
			slog.New(slog.NewTextHandler(&out, nil)).Info("text", "key", value)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "key", value)
			if encoded, err := json.Marshal(value); err == nil {
				out.Write(encoded)
			}
		}
		checkSilent(t, name, out.String(), identity.Secret())
	}
}

// checkSilent looks for the secret in its text form, and for eight bytes of it in the
// forms in which Go prints bytes.
func checkSilent(t *testing.T, name, printed, secret string) {
	t.Helper()
	const separator = "1"
	data := secret[strings.LastIndex(secret, separator)+1:]
	for _, form := range []string{secret, data[:8], strings.ToLower(data[:8]), fmt.Sprintf("%x", data[:8])} {
		if strings.Contains(printed, form) {
			t.Errorf("%s: printed its secret as %q", name, form)
		}
	}
	if !strings.Contains(printed, "REDACTED") {
		t.Errorf("%s: printed nothing at all", name)
	}
	if strings.Contains(printed, "[]byte{") || strings.Contains(printed, "[]uint8") {
		t.Errorf("%s: printed bytes", name)
	}
}

// A parsed text may be a private key in the wrong place or with a slip in it.
func TestParsingErrorsRepeatNoText(t *testing.T) {
	secret := newIdentity(t).Secret()
	classic := classicIdentity(t).Secret()
	for _, text := range []string{
		"", "hello", secret + "Q", secret[:len(secret)-1], strings.ToLower(secret), " " + secret, secret + "\n",
		"AGE-SECRET-KEY-PQ-1", "AGE-SECRET-KEY-1" + secret[19:], classic[:20] + "B" + classic[21:], "AGE-PLUGIN-YUBIKEY-1QQ",
		newIdentity(t).Recipient().String(),
	} {
		if _, err := crypto.ParseIdentity(text); err == nil {
			t.Errorf("ParseIdentity took %.16q…", text)
		} else if len(text) > 25 && strings.Contains(err.Error(), text[20:25]) {
			t.Errorf("ParseIdentity tells %v", err)
		}
	}
	for _, text := range []string{"", "hello", secret, classic, "age1pq1", "age1qq", "ssh-ed25519 AAAA", "AGE1"} {
		if _, err := crypto.ParseRecipient(text); err == nil {
			t.Errorf("ParseRecipient took %.16q…", text)
		} else if len(text) > 25 && strings.Contains(err.Error(), text[20:25]) {
			t.Errorf("ParseRecipient tells %v", err)
		}
	}
}

func FuzzParseIdentity(f *testing.F) {
	f.Add(newIdentity(f).Secret())
	f.Add(classicIdentity(f).Secret())
	f.Add("AGE-SECRET-KEY-1")
	f.Add("AGE-SECRET-KEY-PQ-1QQ")
	f.Fuzz(func(t *testing.T, text string) {
		identity, err := crypto.ParseIdentity(text)
		if err != nil {
			return
		}
		if identity.Secret() != text {
			t.Errorf("%q is another spelling of a key", text)
		}
		if _, err := age.ParseIdentities(strings.NewReader(text)); err != nil {
			t.Errorf("age refuses %q: %v", text, err)
		}
	})
}
