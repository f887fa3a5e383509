package identity_test

import (
	"crypto/ed25519"
	"encoding/json"
	"testing"

	"github.com/bordereau/bordereau/gateway/identity"
)

// The key of RFC 8037 appendix A.2 and its thumbprint of A.3.
func TestPublicJWK(t *testing.T) {
	key := ed25519.PublicKey(decode(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
	got, err := json.Marshal(identity.JWKS{Keys: []identity.JWK{identity.PublicJWK(key)}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",` +
		`"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"EdDSA"}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
