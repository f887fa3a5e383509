package identity_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bordereau/bordereau/gateway/identity"
)

// Without this test the table of hostile tokens would prove nothing.
func TestAGoodTokenIsAccepted(t *testing.T) {
	c, err := newVerifier(t, noon).Verify(signed(testKey("token"), goodHeader(), goodClaims()))
	if err != nil {
		t.Fatal(err)
	}
	if c.Person != person || c.ID != tokenID {
		t.Errorf("%+v", c)
	}
}

// Every token here carries a good signature of the right key. why is a part of the
// expected reason: a token refused for another reason fails the test.
func TestHostileTokensAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, why string
		old, new  string // in the header or the claims
	}{
		{"crit", "is unknown", `"typ":`, `"crit":"b64","typ":`},
		{"crit as an array", "neither text nor number", `"typ":`, `"crit":["b64"],"typ":`},
		{"crit null", "neither text nor number", `"typ":`, `"crit":null,"typ":`},
		{"key brought along", "neither text nor number", `"typ":`, `"jwk":{"kty":"OKP"},"typ":`},
		{"key to be fetched", "is unknown", `"typ":`, `"jku":"https://evil.example/jwks","typ":`},
		{"plain JWT", "not an access token", `"at+jwt"`, `"JWT"`},
		{"receipt", "not an access token", `"at+jwt"`, `"bordereau-receipt+jws"`},
		{"type in other case", "not an access token", `"at+jwt"`, `"AT+JWT"`},
		{"no type", `member "typ"`, `"typ":"at+jwt",`, ``},
		{"type name in other case", `member "typ"`, `"typ"`, `"TYP"`},
		{"type twice", "twice", `"typ":"at+jwt"`, `"typ":"JWT","typ":"at+jwt"`},
		{"algorithm twice", "twice", `"alg":"EdDSA"`, `"alg":"none","alg":"EdDSA"`},
		{"algorithm none", "signing method none", `"EdDSA"`, `"none"`},
		{"algorithm in other case", "signing method", `"EdDSA"`, `"eddsa"`},
		{"HMAC", "signing method HS256", `"EdDSA"`, `"HS256"`},
		{"RSA", "signing method RS256", `"EdDSA"`, `"RS256"`},
		{"ECDSA", "signing method ES256", `"EdDSA"`, `"ES256"`},
		{"no key id", `member "kid"`, `,"kid":"` + kid() + `"`, ``},
		{"unknown key id", "keyfunc", kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
		{"header not an object", "not a JSON object", goodHeader(), `["alg","EdDSA"]`},
		{"header followed by something", "goes on after", goodHeader(), goodHeader() + `{}`},
		{"header cut", "JSON object", goodHeader(), strings.TrimSuffix(goodHeader(), "}")},
		{"header empty", "JSON object", goodHeader(), ``},
		{"header not UTF-8", "UTF-8", `"at+jwt"`, "\"at+jwt\xff\""},

		{"sub twice", "twice", `"sub":`, `"sub":"p_zzzzzzzzzzzzzzzzzzzzzzzzzz","sub":`},
		{"sub twice, once escaped", "twice", `"sub":`, `"s\u0075b":"p_zzzzzzzzzzzzzzzzzzzzzzzzzz","sub":`},
		{"SUB beside sub", "is unknown", `"sub":`, `"SUB":"p_zzzzzzzzzzzzzzzzzzzzzzzzzz","sub":`},
		{"SUB for sub", `member "sub"`, `"sub":`, `"SUB":`},
		{"sub empty", "not a person", `"sub":"` + string(person), `"sub":"`},
		{"sub missing", `member "sub"`, `"sub":"` + string(person) + `",`, ``},
		{"sub null", "neither text nor number", `"sub":"` + string(person) + `"`, `"sub":null`},
		{"sub a number", `member "sub"`, `"sub":"` + string(person) + `"`, `"sub":7`},
		{"NUL in sub", "not a person", `"sub":"p_a`, `"sub":"p_\u0000`},
		{"newline in sub", "not a person", `"sub":"p_a`, `"sub":"p_\n`},
		{"upper case in sub", "not a person", `"sub":"p_a`, `"sub":"P_a`},
		{"organisation as sub", "not a person", `"sub":"p_a`, `"sub":"o_a`},
		{"other client", "client_id", `"client_id":"p_a`, `"client_id":"p_z`},
		{"no client", `member "client_id"`, `"client_id":"` + string(person) + `",`, ``},

		{"exp as text", `member "exp"`, `1795608900`, `"1795608900"`},
		{"exp missing", `member "exp"`, `"exp":1795608900,`, ``},
		{"exp null", "neither", `1795608900`, `null`},
		{"exp with a fraction", `member "exp"`, `1795608900`, `1795608900.5`},
		{"exp with an exponent", `member "exp"`, `1795608900`, `1.7956089e9`},
		{"exp beyond integers", `member "exp"`, `1795608900`, `99999999999999999999`},
		{"exp that overflows a sum", `member "exp"`, `1795608900`, `9223372036854775807`},
		{"exp negative", `member "exp"`, `1795608900`, `-1`},
		{"exp twice", "twice", `"exp":`, `"exp":1,"exp":`},
		{"ten years of life", "lifetime is too long", `1795608900`, `2111140800`},
		{"a second too long", "lifetime is too long", `1795608900`, `1795611601`},
		{"ended", "expired", `1795608000,"exp":1795608900`, `1795607000,"exp":1795608000`},
		{"ends before it begins", "expires before it was issued", `1795608000,"exp":1795608900`, `1795608030,"exp":1795608020`},
		{"iat missing", `member "iat"`, `"iat":1795608000,`, ``},
		{"iat as text", `member "iat"`, `1795608000`, `"1795608000"`},
		{"iat in the future", "issued in the future", `1795608000`, `1795608061`},
		{"nbf", "is unknown", `"iat":`, `"nbf":1,"iat":`},
		{"jti missing", `member "jti"`, `"jti":"` + tokenID + `",`, ``},
		{"jti empty", "jti", tokenID, ``},
		{"jti of another kind", "jti", tokenID, string(person)},

		{"several audiences", "neither text nor number", `"aud":"https://gateway.example"`, `"aud":["https://gateway.example","https://other.example"]`},
		{"one audience in an array", "neither text nor number", `"aud":"https://gateway.example"`, `"aud":["https://gateway.example"]`},
		{"other audience", "audience", `"aud":"https://gateway.example"`, `"aud":"https://other.example"`},
		{"audience empty", "aud", `"aud":"https://gateway.example"`, `"aud":""`},
		{"audience missing", `member "aud"`, `"aud":"https://gateway.example",`, ``},
		{"other issuer", "issuer", `"iss":"https://gateway.example"`, `"iss":"https://other.example"`},
		{"issuer with a slash more", "issuer", `"iss":"https://gateway.example"`, `"iss":"https://gateway.example/"`},
		{"issuer missing", `member "iss"`, `"iss":"https://gateway.example",`, ``},
		{"auth missing", `member "auth"`, `,"auth":"client-credentials"`, ``},
		{"auth free text", "auth", `client-credentials`, `a\nb`},
		{"roles", "is unknown", `"iss":`, `"roles":"operator","iss":`},
		{"claims followed by something", "after top-level value", goodClaims(), goodClaims() + ` {}`},
		{"claims not an object", "not a JSON object", goodClaims(), `"sub"`},
		{"claims null", "aud claim is required", goodClaims(), `null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := strings.Replace(goodHeader(), tt.old, tt.new, 1)
			claims := strings.Replace(goodClaims(), tt.old, tt.new, 1)
			if header == goodHeader() && claims == goodClaims() {
				t.Fatal("the change changes nothing")
			}
			refused(t, signed(testKey("token"), header, claims), tt.why)
		})
	}
}

func refused(t *testing.T, token, why string) {
	t.Helper()
	c, err := newVerifier(t, noon).Verify(token)
	if !errors.Is(err, identity.ErrToken) || c != (identity.Claims{}) {
		t.Fatalf("taken: %+v, %v", c, err)
	}
	if !strings.Contains(err.Error(), why) {
		t.Errorf("refused because of %q, want %q", err, why)
	}
}

// The form or the signature of these tokens is wrong.
func TestForgedTokensAreRefused(t *testing.T) {
	good := signed(testKey("token"), goodHeader(), goodClaims())
	header, claims, _ := strings.Cut(good, ".")
	claims, signature, _ := strings.Cut(claims, ".")
	for _, tt := range []struct{ name, why, token string }{
		{"nothing", "JSON object", ""},
		{"one part", "segments", header},
		{"two parts", "segments", header + "." + claims},
		{"four parts", "segments", good + "."},
		{"JSON serialisation", "neither base64url", `{"payload":"` + claims + `"}`},
		{"no signature", "signature is invalid", header + "." + claims + "."},
		{"newline inside", "neither base64url", header + ".\n" + claims + "." + signature},
		{"newline at the end", "neither base64url", good + "\n"},
		{"carriage return inside", "neither base64url", header + "\r." + claims + "." + signature},
		{"padding", "neither base64url", header + "=." + claims + "." + signature},
		{"NUL", "neither base64url", good + "\x00"},
		{"space before", "neither base64url", " " + good},
		{"standard alphabet", "neither base64url", header + "." + claims + ".+" + signature},
		{"oversize", "too long", good + strings.Repeat("A", 2048)},
		{"another key under our id", "signature is invalid", signed(testKey("receipt"), goodHeader(), goodClaims())},
		{"another payload", "signature is invalid", header + "." + encode(strings.Replace(goodClaims(), "p_a", "p_z", 2)) + "." + signature},
		{"trailing bits in the signature", "base64", good[:len(good)-1] + nextTrailing(good[len(good)-1])},
		{"HMAC with the public key", "signing method HS256", hmacToken(testKey("token").Public().(ed25519.PublicKey))},
		{"HMAC with no key", "signing method HS256", hmacToken(nil)},
		{"RSA with a key of its own", "signing method RS256", rsaToken(t)},
		{"unsigned", "signing method none", encode(strings.Replace(goodHeader(), "EdDSA", "none", 1)) + "." + claims + "."},
	} {
		t.Run(tt.name, func(t *testing.T) { refused(t, tt.token, tt.why) })
	}
}

// nextTrailing gives the next character of the alphabet. 64 bytes end in a character with
// four unused bits, so a lenient decoder reads the same signature.
func nextTrailing(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	i := strings.IndexByte(alphabet, c)
	return alphabet[i+1 : i+2]
}

func hmacToken(key []byte) string {
	text := encode(strings.Replace(goodHeader(), "EdDSA", "HS256", 1)) + "." + encode(goodClaims())
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return text + "." + encode(string(mac.Sum(nil)))
}

func rsaToken(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := encode(strings.Replace(goodHeader(), "EdDSA", "RS256", 1)) + "." + encode(goodClaims())
	signature, err := jwt.SigningMethodRS256.Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encode(string(signature))
}

func TestATokenWithAFlippedBitIsRefused(t *testing.T) {
	v := newVerifier(t, noon)
	good := signed(testKey("token"), goodHeader(), goodClaims())
	for i := range len(good) {
		for bit := range 8 {
			b := []byte(good)
			b[i] ^= 1 << bit
			if _, err := v.Verify(string(b)); !errors.Is(err, identity.ErrToken) {
				t.Fatalf("byte %d, bit %d: %v", i, bit, err)
			}
		}
	}
}

func TestATokenIsValidFromIssueToEnd(t *testing.T) {
	token := signed(testKey("token"), goodHeader(), goodClaims()) // noon to a quarter past
	for _, tt := range []struct {
		name string
		now  time.Time
		good bool
	}{
		{"more than a minute early", noon.Add(-61 * time.Second), false},
		{"a minute early: the issuer's clock runs ahead", noon.Add(-time.Minute), true},
		{"at the last moment", noon.Add(15*time.Minute - time.Nanosecond), true},
		{"at its end", noon.Add(15 * time.Minute), false},
		{"later", noon.Add(time.Hour), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := newVerifier(t, tt.now).Verify(token); (err == nil) != tt.good {
				t.Error(err)
			}
		})
	}
}

// During a change of keys both keys are trusted; afterwards the old key is not.
func TestBothKeysAreTrustedDuringAChange(t *testing.T) {
	older := identity.PublicJWK(testKey("older").Public().(ed25519.PublicKey))
	newer := newIssuer(t, noon).KeySet().Keys[0]
	token := signed(testKey("older"), strings.Replace(goodHeader(), kid(), older.ID, 1), goodClaims())
	for _, tt := range []struct {
		name string
		keys []identity.JWK
		good bool
	}{
		{"both", []identity.JWK{newer, older}, true},
		{"newer only", []identity.JWK{newer}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := identity.NewVerifier(identity.VerifierConfig{
				Keys: identity.JWKS{Keys: tt.keys}, Issuer: gatewayURL, Audience: gatewayURL, Clock: at(noon),
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Verify(token); (err == nil) != tt.good {
				t.Error(err)
			}
		})
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	good := identity.VerifierConfig{Keys: newIssuer(t, noon).KeySet(), Issuer: gatewayURL, Audience: gatewayURL}
	for name, change := range map[string]func(*identity.VerifierConfig){
		"no keys": func(c *identity.VerifierConfig) { c.Keys = identity.JWKS{} },
		"a broken key": func(c *identity.VerifierConfig) {
			c.Keys = identity.JWKS{Keys: []identity.JWK{{KeyType: "OKP", X: "?"}}}
		},
		"no issuer":     func(c *identity.VerifierConfig) { c.Issuer = "" },
		"no audience":   func(c *identity.VerifierConfig) { c.Audience = "" },
		"negative life": func(c *identity.VerifierConfig) { c.MaxLifetime = -time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			if _, err := identity.NewVerifier(c); err == nil {
				t.Error("accepted")
			}
		})
	}
}
