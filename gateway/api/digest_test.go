package api_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/api"
)

// hello is RFC 9530's own example: the digest of `{"hello": "world"}` and a line feed.
const hello = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"

func TestParseDigest(t *testing.T) {
	want := sha256.Sum256([]byte("{\"hello\": \"world\"}\n"))
	for _, header := range []string{
		hello,
		"  " + hello + "\t",
		"sha-512=:AAAA:, " + hello,
		hello + ",md5=:AAAA:",
	} {
		got, err := api.ParseDigest(header)
		if err != nil || !bytes.Equal(got, want[:]) {
			t.Errorf("%s: got %x, %v", header, got, err)
		}
	}
	if got, err := api.ParseDigest("sha-512=:AAAA:, unixsum=::"); err != nil || got != nil {
		t.Errorf("other algorithms only: got %x, %v; want none", got, err)
	}
}

func TestParseDigestRefuses(t *testing.T) {
	for name, header := range map[string]string{
		"nothing":             "",
		"no value":            "sha-256",
		"hexadecimal":         "sha-256=" + strings.Repeat("a", 64),
		"no colons":           strings.ReplaceAll(hello, ":", ""),
		"one colon":           "sha-256=:",
		"no closing colon":    strings.TrimSuffix(hello, ":"),
		"upper case":          strings.Replace(hello, "sha", "SHA", 1),
		"too short":           "sha-256=:AAAA:",
		"empty":               "sha-256=::",
		"bad base64":          strings.Replace(hello, "RK/", "RK_", 1),
		"no padding":          strings.Replace(hello, "=:", ":", 2),
		"other trailing bits": strings.Replace(hello, "Dg=:", "Dh=:", 1),
		"line break":          strings.Replace(hello, "RK", "R\nK", 1),
		"twice":               hello + "," + hello,
		"trailing comma":      hello + ",",
		"parameter":           hello + ";q=1",
		"malformed other":     hello + ",sha-512=x",
	} {
		if got, err := api.ParseDigest(header); err == nil {
			t.Errorf("%s: %q taken as %x", name, header, got)
		}
	}
}

// FuzzParseDigest asserts that the result is 32 bytes or nothing, and that formatting it
// gives back the same 32 bytes.
func FuzzParseDigest(f *testing.F) {
	f.Add(hello)
	f.Add("sha-512=:AAAA:, " + hello)
	f.Add("a=::,b=:A:")
	f.Fuzz(func(t *testing.T, header string) {
		sum, err := api.ParseDigest(header)
		if err != nil || sum == nil {
			return
		}
		again, err := api.ParseDigest(api.FormatDigest(sum))
		if len(sum) != sha256.Size || err != nil || !bytes.Equal(again, sum) {
			t.Fatalf("%q: %x came back as %x, %v", header, sum, again, err)
		}
	})
}
