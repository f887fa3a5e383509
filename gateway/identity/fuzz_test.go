package identity_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/policy"
)

// FuzzVerify asserts that nothing panics, that every refusal is ErrToken, and that no
// text is accepted that we did not sign.
func FuzzVerify(f *testing.F) {
	good := signed(testKey("token"), goodHeader(), goodClaims())
	f.Add(good)
	f.Add("")
	f.Add("..")
	f.Add(strings.Replace(good, ".", "..", 1))
	f.Add(encode(goodHeader()) + "." + encode("{}") + ".")
	f.Fuzz(func(t *testing.T, token string) {
		c, err := newVerifier(t, noon).Verify(token)
		if err == nil && token != good {
			t.Fatalf("taken: %q", token)
		}
		if err != nil && (!errors.Is(err, identity.ErrToken) || c != (identity.Claims{})) {
			t.Fatalf("%+v, %v", c, err)
		}
	})
}

// FuzzSigned gives the verifier any header and any claims under a good signature, as from
// a faulty issuer. An accepted token must mean the same to a lenient reader such as
// encoding/json, which merges names of different case and takes the last of two.
func FuzzSigned(f *testing.F) {
	f.Add(goodHeader(), goodClaims())
	f.Add(strings.Replace(goodHeader(), `"typ"`, `"crit":["x"],"typ"`, 1), goodClaims())
	f.Add(goodHeader(), strings.Replace(goodClaims(), `"sub"`, `"SUB":"p_zzzzzzzzzzzzzzzzzzzzzzzzzz","sub"`, 1))
	f.Add(goodHeader(), strings.Replace(goodClaims(), `"sub"`, `"\u0073ub"`, 1))
	f.Add(" "+goodHeader(), "\n"+goodClaims()+"\n")
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := signed(testKey("token"), header, claims)
		v := newVerifier(t, noon)
		c, err := v.Verify(token)
		if err != nil {
			return
		}
		if again, err := v.Verify(token); err != nil || again != c {
			t.Fatalf("second time %+v, %v", again, err)
		}
		if policy.ParseIdentifier("p", string(c.Person)) != nil || !c.Expires.After(noon) {
			t.Fatalf("%+v", c)
		}
		wantMembers(t, header, "alg", "typ", "kid")
		wantMembers(t, claims, "iss", "sub", "aud", "client_id", "iat", "exp", "jti", "auth")
		var lenient struct {
			Sub, Aud, Iss string
			Exp           int64
		}
		if err := json.Unmarshal([]byte(claims), &lenient); err != nil {
			t.Fatal(err)
		}
		if lenient.Sub != string(c.Person) || lenient.Aud != gatewayURL || lenient.Iss != gatewayURL || lenient.Exp != c.Expires.Unix() {
			t.Fatalf("%+v read as %+v", c, lenient)
		}
	})
}

func wantMembers(t *testing.T, text string, names ...string) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, ok := m[name]; !ok {
			t.Fatalf("taken without %s: %s", name, text)
		}
	}
	if len(m) != len(names) {
		t.Fatalf("taken with members that are not ours: %s", text)
	}
}
