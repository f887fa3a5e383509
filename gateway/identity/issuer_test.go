package identity_test

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/policy"
)

func TestAnIssuedTokenVerifies(t *testing.T) {
	token, expires, err := newIssuer(t, noon.Add(300*time.Millisecond)).Issue(person, "client-credentials")
	if err != nil {
		t.Fatal(err)
	}
	if want := noon.Add(15 * time.Minute); !expires.Equal(want) {
		t.Errorf("expires %v, want %v", expires, want)
	}
	got, err := newVerifier(t, noon.Add(time.Minute)).Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if policy.ParseIdentifier("t", got.ID) != nil {
		t.Errorf("ID is %q", got.ID)
	}
	got.ID = ""
	want := identity.Claims{Person: person, Auth: "client-credentials", Expires: expires}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The bytes of a token are a stored format: other programs read them.
func TestTheFormatOfATokenIsStable(t *testing.T) {
	token, _, err := newIssuer(t, noon).Issue(person, "client-credentials")
	if err != nil {
		t.Fatal(err)
	}
	header, payload := parts(t, token, testKey("token").Public().(ed25519.PublicKey))
	if header != goodHeader() {
		t.Errorf("header %s", header)
	}
	var c struct{ JTI string }
	if err := json.Unmarshal([]byte(payload), &c); err != nil {
		t.Fatal(err)
	}
	if got := strings.Replace(payload, c.JTI, tokenID, 1); got != goodClaims() {
		t.Errorf("claims\n%s, want\n%s", got, goodClaims())
	}
}

func TestNoTwoTokensAreAlike(t *testing.T) {
	i := newIssuer(t, noon)
	first, _, err1 := i.Issue(person, "demo")
	second, _, err2 := i.Issue(person, "demo")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if first == second {
		t.Error("two tokens of the same second are the same")
	}
}

func TestIssueRefusesBadPeopleAndMethods(t *testing.T) {
	for _, tt := range []struct {
		name   string
		person policy.PersonID
		auth   string
	}{
		{"nobody", "", "demo"},
		{"organisation", "o_aaaaaaaaaaaaaaaaaaaaaaaaaa", "demo"},
		{"NUL", "p_aaaaaaaaaaaaaaaaaaaaaaaaa\x00", "demo"},
		{"no way of signing in", person, ""},
		{"free text", person, "a password\n"},
		{"long", person, strings.Repeat("a", 33)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if token, _, err := newIssuer(t, noon).Issue(tt.person, tt.auth); err == nil || token != "" {
				t.Errorf("token %q, error %v", token, err)
			}
		})
	}
}

func TestNewIssuerRefuses(t *testing.T) {
	good := identity.IssuerConfig{Key: testKey("token"), Issuer: gatewayURL, Audience: gatewayURL}
	for name, change := range map[string]func(*identity.IssuerConfig){
		"no key":           func(c *identity.IssuerConfig) { c.Key = nil },
		"short key":        func(c *identity.IssuerConfig) { c.Key = c.Key[:32] },
		"no issuer":        func(c *identity.IssuerConfig) { c.Issuer = "" },
		"no audience":      func(c *identity.IssuerConfig) { c.Audience = "" },
		"long issuer":      func(c *identity.IssuerConfig) { c.Issuer = strings.Repeat("a", 257) },
		"escaped issuer":   func(c *identity.IssuerConfig) { c.Issuer = "<" },
		"newline":          func(c *identity.IssuerConfig) { c.Audience += "\n" },
		"part of a second": func(c *identity.IssuerConfig) { c.Lifetime = 1500 * time.Millisecond },
		"negative life":    func(c *identity.IssuerConfig) { c.Lifetime = -time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			if _, err := identity.NewIssuer(c); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// The longest allowed names still give a token that the verifier accepts.
func TestTheLongestTokenVerifies(t *testing.T) {
	long := strings.Repeat("a", 256)
	i, err := identity.NewIssuer(identity.IssuerConfig{Key: testKey("token"), Issuer: long, Audience: long, Clock: at(noon)})
	if err != nil {
		t.Fatal(err)
	}
	v, err := identity.NewVerifier(identity.VerifierConfig{Keys: i.KeySet(), Issuer: long, Audience: long, Clock: at(noon)})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := i.Issue(person, strings.Repeat("a", 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(token); err != nil {
		t.Errorf("%d bytes: %v", len(token), err)
	}
}
