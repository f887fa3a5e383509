package crypto_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"filippo.io/age"

	"github.com/bordereau/bordereau/crypto"
)

func rewrap(t testing.TB, header []byte, from *crypto.Identity, to *crypto.Recipient) []byte {
	t.Helper()
	rewrapped, err := crypto.Rewrap(header, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return rewrapped
}

// The new key opens the body with the new header, and the old key does not.
func TestARewrappedHeaderOpensTheSameBody(t *testing.T) {
	kinds := map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)}
	for fromName, from := range kinds {
		for toName, to := range map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)} {
			t.Run(fromName+" to "+toName, func(t *testing.T) {
				plain := document(chunk + 3)
				header, body := seal(t, plain, from.Recipient())
				kept := slices.Clone(header)
				rewrapped := rewrap(t, header, from, to.Recipient())
				if !bytes.Equal(header, kept) {
					t.Error("the old header was changed")
				}
				if err := crypto.CheckHeader(rewrapped, to); err != nil {
					t.Errorf("checking the new header: %v", err)
				}
				if err := crypto.CheckHeader(rewrapped, from); !errors.Is(err, crypto.ErrWrongKey) {
					t.Errorf("checking the new header with the old key: %v", err)
				}
				got, err := open(rewrapped, bytes.NewReader(body), to)
				if err != nil || !bytes.Equal(got, plain) {
					t.Errorf("got %d bytes, %v", len(got), err)
				}
				if _, err := open(rewrapped, bytes.NewReader(body), from); !errors.Is(err, crypto.ErrWrongKey) {
					t.Errorf("the old key: got %v, want %v", err, crypto.ErrWrongKey)
				}
			})
		}
	}
}

// age itself accepts the header: it finds the same file key, and writes the same bytes
// back.
func TestStockAgeReadsARewrappedHeader(t *testing.T) {
	from, to := newIdentity(t), newIdentity(t)
	header, body := seal(t, document(1000), from.Recipient())
	rewrapped := rewrap(t, header, from, to.Recipient())
	before, err := age.DecryptHeader(header, stock(t, from))
	if err != nil {
		t.Fatal(err)
	}
	after, err := age.DecryptHeader(rewrapped, stock(t, to))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("another file key, %v", err)
	}
	again, err := age.ExtractHeader(bytes.NewReader(rewrapped))
	if err != nil || !bytes.Equal(again, rewrapped) {
		t.Errorf("age would write it otherwise, %v", err)
	}
	plain, err := age.Decrypt(bytes.NewReader(slices.Concat(rewrapped, body)), stock(t, to))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(plain); err != nil || !bytes.Equal(got, document(1000)) {
		t.Errorf("age gave %d bytes, %v", len(got), err)
	}
}

func TestABadHeaderIsNotRewrapped(t *testing.T) {
	from, to := newIdentity(t), newIdentity(t)
	header, body := seal(t, document(10), from.Recipient())
	mac := bytes.LastIndex(header, []byte("--- "))
	forged := slices.Clone(header)
	forged[mac+10] ^= 1
	for name, c := range map[string]struct {
		header []byte
		want   error
	}{
		"MAC changed":   {forged, crypto.ErrTampered},
		"cut":           {header[:len(header)-1], crypto.ErrTampered},
		"with its body": {slices.Concat(header, body), crypto.ErrTampered},
		"empty":         {nil, crypto.ErrTampered},
		"another's":     {rewrap(t, header, from, to.Recipient()), crypto.ErrWrongKey},
	} {
		if got, err := crypto.Rewrap(c.header, from, to.Recipient()); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: got %d bytes, %v, want %v", name, len(got), err, c.want)
		}
	}
}

// FuzzRewrap asserts that a header is rewrapped exactly when it opens. age writes the
// result back unchanged and finds the same file key in it. The vectors bring headers with
// several stanzas and with unknown ones.
func FuzzRewrap(f *testing.F) {
	to := classicIdentity(f)
	var identities []*crypto.Identity
	for _, v := range vectors(f) {
		f.Add(v.header)
		identities = append(identities, v.identities...)
	}
	identities = distinct(identities)
	f.Fuzz(func(t *testing.T, header []byte) {
		for _, from := range identities {
			rewrapped, err := crypto.Rewrap(header, from, to.Recipient())
			want, opening := age.DecryptHeader(header, stock(t, from))
			if err != nil {
				extracted, malformed := age.ExtractHeader(bytes.NewReader(header))
				if opening == nil && malformed == nil && bytes.Equal(extracted, header) {
					t.Errorf("refused a header that opens: %v\n%q", err, header)
				}
				continue
			}
			got, err := age.DecryptHeader(rewrapped, stock(t, to))
			if opening != nil || err != nil || !bytes.Equal(got, want) {
				t.Errorf("opened before: %v, after: %v, from\n%q\nto\n%q", opening, err, header, rewrapped)
			}
			if again, err := age.ExtractHeader(bytes.NewReader(rewrapped)); err != nil || !bytes.Equal(again, rewrapped) {
				t.Errorf("not in its one form, %v: %q", err, rewrapped)
			}
		}
	})
}

// writeStanza writes stanzas of every length as age does; those of today's recipients all
// have 32 bytes.
func TestEveryStanzaIsWrittenAsAgeDoes(t *testing.T) {
	key := document(16)
	for n := range 200 {
		stanzas := []*age.Stanza{{Type: "test", Args: []string{"a", "bc"}, Body: document(n)}, {Type: "none"}}
		header, err := crypto.WriteHeader(key, stanzas)
		if err != nil {
			t.Fatal(err)
		}
		extracted, err := age.ExtractHeader(bytes.NewReader(header))
		if err != nil || !bytes.Equal(extracted, header) {
			t.Fatalf("%d bytes: age would write it otherwise, %v:\n%s", n, err, header)
		}
		if _, err := age.DecryptHeader(header, age.NewInjectedFileKeyIdentity(key)); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}
