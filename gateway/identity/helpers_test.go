package identity_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/policy"
)

const (
	gatewayURL = "https://gateway.example"
	person     = policy.PersonID("p_aaaaaaaaaaaaaaaaaaaaaaaaaa")
	tokenID    = "t_bbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// noon is the time of the tests.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// testKey is the same in every run, so that a failing token can be looked at again.
func testKey(name string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	return ed25519.NewKeyFromSeed(seed)
}

func newIssuer(t testing.TB, now time.Time) *identity.Issuer {
	t.Helper()
	i, err := identity.NewIssuer(identity.IssuerConfig{
		Key: testKey("token"), Issuer: gatewayURL, Audience: gatewayURL, Clock: at(now),
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func newVerifier(t testing.TB, now time.Time) *identity.Verifier {
	t.Helper()
	v, err := identity.NewVerifier(identity.VerifierConfig{
		Keys: newIssuer(t, now).KeySet(), Issuer: gatewayURL, Audience: gatewayURL, Clock: at(now),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// kid is the id of the key that newVerifier trusts.
func kid() string { return identity.PublicJWK(testKey("token").Public().(ed25519.PublicKey)).ID }

// goodHeader and goodClaims are a token as the issuer makes it at noon. Each hostile
// token differs from it in one place.
func goodHeader() string { return `{"alg":"EdDSA","typ":"at+jwt","kid":"` + kid() + `"}` }

func goodClaims() string {
	return `{"iss":"https://gateway.example","sub":"` + string(person) + `","aud":"https://gateway.example","client_id":"` +
		string(person) + `","iat":1795608000,"exp":1795608900,"jti":"` + tokenID + `","auth":"client-credentials"}`
}

// signed makes a JWS with the standard library alone. The signature is right for any two
// parts.
func signed(key ed25519.PrivateKey, header, claims string) string {
	text := encode(header) + "." + encode(claims)
	return text + "." + encode(string(ed25519.Sign(key, []byte(text))))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func decode(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// parts are the decoded header and payload, after the signature was checked with key.
func parts(t testing.TB, jws string, key ed25519.PublicKey) (header, payload string) {
	t.Helper()
	p := strings.Split(jws, ".")
	if len(p) != 3 {
		t.Fatalf("%d parts, want 3", len(p))
	}
	if !ed25519.Verify(key, []byte(p[0]+"."+p[1]), decode(t, p[2])) {
		t.Fatal("signature is wrong")
	}
	return string(decode(t, p[0])), string(decode(t, p[1]))
}
