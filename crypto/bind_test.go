package crypto_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

// A tag is that of one document and one text, and outlives a rewrapped header.
func TestBinding(t *testing.T) {
	identity, next := newIdentity(t), newIdentity(t)
	header, body, b, err := crypto.SealBound(bytes.NewReader([]byte("claim")), identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	tag := b.Tag([]byte("d_1"))
	plain, err := crypto.Open(header, body, identity)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(plain); string(got) != "claim" || err != nil {
		t.Errorf("opened %q, %v", got, err)
	}
	moved, err := crypto.Rewrap(header, identity, next.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	other, _, _, err := crypto.SealBound(bytes.NewReader([]byte("other")), identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		header []byte
		with   *crypto.Identity
		text   string
		want   error
	}{
		"its own":      {header, identity, "d_1", nil},
		"rewrapped":    {moved, next, "d_1", nil},
		"of another":   {other, identity, "d_1", crypto.ErrTampered},
		"another text": {header, identity, "d_2", crypto.ErrTampered},
	} {
		b, err := crypto.BindingOf(test.header, test.with)
		if err == nil {
			err = b.Check([]byte(test.text), tag)
		}
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}
