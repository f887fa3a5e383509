package api

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Digest is a digest that a message announces of its content.
type Digest struct {
	Field     string // the header or trailer
	Algorithm string // DigestSHA256, DigestSHA512 or DigestMD5
	Sum       []byte
}

// The algorithms of digests that a gateway checks. MD5 tells a mistake and no forgery.
const (
	DigestSHA256 = "sha-256"
	DigestSHA512 = "sha-512"
	DigestMD5    = "md5"
)

// sumSize has the bytes of each algorithm's digest.
var sumSize = map[string]int{DigestSHA256: sha256.Size, DigestSHA512: sha512.Size, DigestMD5: md5.Size}

// DigestFields are the headers and trailers that announce a digest: those of RFC 9530,
// and the older ones of RFC 3230 and RFC 1864.
var DigestFields = []string{"Content-Digest", "Repr-Digest", "Digest", "Content-MD5"}

// DigestError is a field whose digest cannot be checked.
type DigestError struct {
	Field       string
	Unsupported bool // it is well formed, and names no algorithm of this package
	Detail      string
}

func (e *DigestError) Error() string { return strings.ToLower(e.Field) + ": " + e.Detail }

var errDigest = errors.New("must be a list of algorithm=:base64: members")

// FormatDigest gives the Content-Digest or Repr-Digest of a SHA-256 (RFC 9530).
func FormatDigest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// ParseDigests gives all digests that headers or trailers announce and that can be
// checked. A field without one of them is a *DigestError: its sender must not believe
// that the digest was checked. Other algorithms beside one of them are ignored, as RFC
// 9530 says.
func ParseDigests(h http.Header) ([]Digest, error) {
	var all []Digest
	for _, field := range DigestFields {
		value := strings.TrimSpace(strings.Join(h.Values(field), ", "))
		if value == "" {
			continue
		}
		some, err := parseField(field, value)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// parseField gives the digests of one field. Each algorithm stands there once.
func parseField(field, value string) ([]Digest, error) {
	members := strings.Split(value, ",")
	if field == "Content-MD5" {
		members = []string{value}
	}
	var found []Digest
	for _, member := range members {
		d, err := parseMember(field, strings.Trim(member, " \t"))
		if err != nil {
			return nil, &DigestError{Field: field, Detail: err.Error()}
		}
		if d.Sum == nil {
			continue // another algorithm
		}
		if slices.ContainsFunc(found, func(o Digest) bool { return o.Algorithm == d.Algorithm }) {
			return nil, &DigestError{Field: field, Detail: d.Algorithm + " is given twice"}
		}
		found = append(found, d)
	}
	if len(found) == 0 {
		return nil, &DigestError{Field: field, Unsupported: true, Detail: "must have sha-256, sha-512 or md5"}
	}
	return found, nil
}

// parseMember reads one member of a field, in the field's own form. It gives no sum for
// another algorithm.
func parseMember(field, member string) (Digest, error) {
	d := Digest{Field: field, Algorithm: DigestMD5}
	encoded := member
	var err error
	switch field {
	case "Content-MD5":
	case "Digest":
		var ok bool
		if d.Algorithm, encoded, ok = strings.Cut(member, "="); !ok || d.Algorithm == "" {
			return Digest{}, errors.New("must be a list of algorithm=base64 members")
		}
		// An `id-` digest is that of the bytes before a coding. There is none.
		d.Algorithm = strings.TrimPrefix(strings.ToLower(d.Algorithm), "id-")
	default:
		if d.Algorithm, encoded, err = parseDictionaryMember(member); err != nil {
			return Digest{}, err
		}
	}
	size, known := sumSize[d.Algorithm]
	if field != "Digest" || known {
		if d.Sum, err = decode(encoded); err != nil {
			return Digest{}, err
		}
	}
	switch {
	case !known:
		d.Sum = nil
	case len(d.Sum) != size:
		return Digest{}, fmt.Errorf("%s must be %d bytes", d.Algorithm, size)
	}
	return d, nil
}

// ParseDigest gives the SHA-256 in a Content-Digest or Repr-Digest, nil when there is
// none. It ignores other algorithms. A malformed header is refused. Join several header
// lines with a comma first.
func ParseDigest(header string) ([]byte, error) {
	found, err := parseField("Content-Digest", header)
	var unsupported *DigestError
	if errors.As(err, &unsupported) && unsupported.Unsupported {
		return nil, nil
	}
	for _, d := range found {
		if d.Algorithm == DigestSHA256 {
			return d.Sum, nil
		}
	}
	return nil, err
}

// parseDictionaryMember reads one member of the dictionary (RFC 9651, section 3.2):
// key=:base64:.
func parseDictionaryMember(member string) (algorithm, encoded string, err error) {
	algorithm, rest, ok := strings.Cut(member, "=")
	if !ok || !isDictionaryKey(algorithm) || len(rest) < 2 || rest[0] != ':' || rest[len(rest)-1] != ':' {
		return "", "", errDigest
	}
	return algorithm, rest[1 : len(rest)-1], nil
}

// decode reads base64 in its one form. encoding/base64 skips line breaks.
func decode(encoded string) ([]byte, error) {
	if strings.ContainsAny(encoded, "\r\n") {
		return nil, errDigest
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, errDigest
	}
	return sum, nil
}

// isDictionaryKey reports whether s is a key of a structured field dictionary.
func isDictionaryKey(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c == '*'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || strings.IndexByte("_-.", c) >= 0)) {
			return false
		}
	}
	return s != ""
}
