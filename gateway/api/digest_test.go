package api_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
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
		"unixsum=:AAAA:, " + hello,
		hello + ",crc32c=:AAAA:",
	} {
		got, err := api.ParseDigest(header)
		if err != nil || !bytes.Equal(got, want[:]) {
			t.Errorf("%s: got %x, %v", header, got, err)
		}
	}
	if got, err := api.ParseDigest("sha=:AAAA:, unixsum=::"); err != nil || got != nil {
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
		"short other":         hello + ",sha-512=:AAAA:",
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
	f.Add("unixsum=:AAAA:, " + hello)
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

// fields has each field with the digests of "x" in every algorithm that is checked.
var fields = map[string]string{
	"Content-Digest": "sha-256=:LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=:, md5=:ndTkYSaMgDT1yFZOFVxnpg==:",
	"Repr-Digest":    "sha-512=:" + sha512OfX + ":",
	"Digest":         "SHA-256=LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=,md5=ndTkYSaMgDT1yFZOFVxnpg==,UNIXsum=30637",
	"Content-Md5":    "ndTkYSaMgDT1yFZOFVxnpg==",
}

var sha512OfX = func() string {
	sum := sha512.Sum512([]byte("x"))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

func TestParseDigests(t *testing.T) {
	sum256, sum512, sumMD5 := sha256.Sum256([]byte("x")), sha512.Sum512([]byte("x")), md5.Sum([]byte("x"))
	want := map[string][]byte{"sha-256": sum256[:], "sha-512": sum512[:], "md5": sumMD5[:]}
	h := http.Header{}
	for field, value := range fields {
		h.Set(field, value)
	}
	got, err := api.ParseDigests(h)
	if err != nil || len(got) != 6 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, d := range got {
		if !bytes.Equal(d.Sum, want[d.Algorithm]) {
			t.Errorf("%s: %s is %x", d.Field, d.Algorithm, d.Sum)
		}
	}
	for name, h := range map[string]http.Header{"none": {}, "an empty one": {"Content-Digest": {""}}, "another header": {"Etag": {"x"}}} {
		if got, err := api.ParseDigests(h); err != nil || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for name, h := range map[string]http.Header{
		"of identity": {"Digest": {"id-sha-256=" + "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="}},
		"two lines":   {"Content-Digest": {"unixsum=:AAAA:", "sha-512=:" + sha512OfX + ":"}},
	} {
		if got, err := api.ParseDigests(h); err != nil || len(got) != 1 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestADigestThatCannotBeCheckedIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		field, value string
		unsupported  bool
	}{
		"another algorithm":           {"Content-Digest", "unixsum=:AAAA:", true},
		"two others":                  {"Repr-Digest", "sha=:AAAA:, crc32c=:AAAA:", true},
		"an older one":                {"Digest", "UNIXsum=30637", true},
		"an older one with its words": {"Digest", "sha=AAAA, adler=1", true},
		"hexadecimal":                 {"Digest", "sha-256=" + strings.Repeat("a", 64), false},
		"MD5 in hexadecimal":          {"Content-Md5", "9dd4e461268c8034f5c8564e155c67a6", false},
		"MD5 twice":                   {"Content-Md5", fields["Content-Md5"] + ", " + fields["Content-Md5"], false},
		"SHA-256 as MD5":              {"Content-Md5", "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=", false},
		"no value":                    {"Digest", "sha-256", false},
		"no algorithm":                {"Digest", "=AAAA", false},
		"twice":                       {"Digest", "sha-256=LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=,SHA-256=LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=", false},
		"not a dictionary":            {"Content-Digest", "SHA-256=:AAAA:", false},
	} {
		got, err := api.ParseDigests(http.Header{c.field: {c.value}})
		var wrong *api.DigestError
		if !errors.As(err, &wrong) || wrong.Unsupported != c.unsupported || !strings.EqualFold(wrong.Field, c.field) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// FuzzParseDigests asserts that every field is either refused or gives whole digests, and
// none without one.
func FuzzParseDigests(f *testing.F) {
	for field, value := range fields {
		f.Add(field, value)
	}
	f.Add("Digest", "a=,b")
	f.Fuzz(func(t *testing.T, field, value string) {
		h := http.Header{}
		h.Set(field, value)
		announced := slices.ContainsFunc(api.DigestFields, func(s string) bool { return strings.EqualFold(s, field) }) && strings.TrimSpace(value) != ""
		got, err := api.ParseDigests(h)
		if err == nil && announced != (len(got) > 0) {
			t.Fatalf("%q: %v", value, got)
		}
		for _, d := range got {
			if want := map[string]int{"sha-256": 32, "sha-512": 64, "md5": 16}[d.Algorithm]; len(d.Sum) != want || want == 0 {
				t.Fatalf("%q: %+v", value, d)
			}
		}
	})
}
