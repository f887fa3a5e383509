package identity_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/bordereau/bordereau/gateway/identity"
)

func TestReceipt(t *testing.T) {
	key, err := identity.NewReceiptKey(testKey("receipt"))
	if err != nil {
		t.Fatal(err)
	}
	claims := struct {
		Receipt string `json:"receipt"`
		Bytes   int64  `json:"bytes"`
	}{"r_aaaaaaaaaaaaaaaaaaaaaaaaaa", 7}
	jws, err := key.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := key.Sign(claims); err != nil || again != jws {
		t.Errorf("the same claims gave another receipt: %v", err)
	}
	header, payload := parts(t, jws, ed25519.PublicKey(decode(t, key.PublicJWK().X)))
	if want := `{"alg":"EdDSA","typ":"bordereau-receipt+jws","kid":"` + key.PublicJWK().ID + `"}`; header != want {
		t.Errorf("header %s", header)
	}
	if want := `{"receipt":"r_aaaaaaaaaaaaaaaaaaaaaaaaaa","bytes":7}`; payload != want {
		t.Errorf("payload %s", payload)
	}
}

// An operator may configure one key for both purposes by mistake. A receipt must still
// never pass for a token.
func TestAReceiptIsNoToken(t *testing.T) {
	key, err := identity.NewReceiptKey(testKey("token"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := key.Sign(rawClaims(goodClaims()))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, jws, "not an access token")
}

type rawClaims string

func (c rawClaims) MarshalJSON() ([]byte, error) { return []byte(c), nil }

func TestSignRefusesClaimsThatAreNotJSON(t *testing.T) {
	key, err := identity.NewReceiptKey(testKey("receipt"))
	if err != nil {
		t.Fatal(err)
	}
	if jws, err := key.Sign(make(chan int)); err == nil || jws != "" {
		t.Errorf("%q, %v", jws, err)
	}
}

func TestNewReceiptKeyRefuses(t *testing.T) {
	if _, err := identity.NewReceiptKey(nil); err == nil {
		t.Error("accepted no key")
	}
}
