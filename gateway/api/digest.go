package api

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

var errDigest = errors.New("must be a list of algorithm=:base64: members")

// FormatDigest gives the Content-Digest or Repr-Digest of a SHA-256 (RFC 9530).
func FormatDigest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// ParseDigest gives the SHA-256 in a Content-Digest or Repr-Digest, nil when there is
// none. It ignores other algorithms, as RFC 9530 says. Every member must be a byte
// sequence. A malformed header is refused: the sender of a digest must not believe that
// the digest was checked. Join several header lines with a comma first.
func ParseDigest(header string) ([]byte, error) {
	var sum []byte
	for member := range strings.SplitSeq(header, ",") {
		algorithm, value, err := parseDigestMember(strings.Trim(member, " \t"))
		if err != nil {
			return nil, err
		}
		if algorithm != "sha-256" {
			continue
		}
		if sum != nil {
			return nil, errors.New("sha-256 is given twice")
		}
		if len(value) != sha256.Size {
			return nil, errors.New("sha-256 must be 32 bytes")
		}
		sum = value
	}
	return sum, nil
}

// parseDigestMember reads one member of the dictionary (RFC 9651, section 3.2):
// key=:base64:.
func parseDigestMember(member string) (algorithm string, value []byte, err error) {
	algorithm, rest, ok := strings.Cut(member, "=")
	if !ok || !isDictionaryKey(algorithm) || len(rest) < 2 || rest[0] != ':' || rest[len(rest)-1] != ':' {
		return "", nil, errDigest
	}
	encoded := rest[1 : len(rest)-1]
	if strings.ContainsAny(encoded, "\r\n") { // encoding/base64 skips these
		return "", nil, errDigest
	}
	value, err = base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return "", nil, errDigest
	}
	return algorithm, value, nil
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
