package api_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/api"
)

const destructionClaims = `{"jti":"x_aaaaaaaaaaaaaaaaaaaaaaaaaa","kind":"destruction","iat":1795608000,` +
	`"client":"o_aaaaaaaaaaaaaaaaaaaaaaaaaa","contract":"c_aaaaaaaaaaaaaaaaaaaaaaaaaa","document":"d_aaaaaaaaaaaaaaaaaaaaaaaaaa",` +
	`"documents":1,"backups":"2026-12-30"}`

func TestVerifyDestruction(t *testing.T) {
	signed := func(name, claims string) string { return signedJWS(key(name), receiptHeader, claims) }
	got, err := api.VerifyDestruction(keySet(), signed("receipt", destructionClaims))
	if err != nil || got.ID != "x_aaaaaaaaaaaaaaaaaaaaaaaaaa" || got.Documents != 1 || got.Backups.String() != "2026-12-30" {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, jws := range map[string]string{
		"a receipt":         signed("receipt", receiptClaims),
		"a journal entry":   signed("receipt", strings.Replace(destructionClaims, `"destruction"`, `"erasure"`, 1)),
		"signed by another": signed("token", destructionClaims),
		"not signed":        "erased",
	} {
		if _, err := api.VerifyDestruction(keySet(), jws); !errors.Is(err, api.ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The same key signs both, and neither passes for the other.
	if _, err := api.VerifyReceipt(keySet(), signed("receipt", destructionClaims)); !errors.Is(err, api.ErrReceipt) {
		t.Errorf("a certificate as a receipt: %v", err)
	}
}
