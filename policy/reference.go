package policy

import (
	"errors"
	"strings"
)

// ErrReference is the refusal of any text that is not a reference. It does not repeat the
// text.
var ErrReference = errors.New("not a reference: 1 to 255 of A-Z a-z 0-9 - . _ ~, without a leading dot or two dots in a row")

// maxReference is the greatest length of a reference in bytes.
const maxReference = 255

// ParseReference checks that s is a client's own reference of a document, a batch or a
// contract: 1 to 255 bytes of the unreserved characters of a URL (RFC 3986, section 2.3),
// which no program re-encodes. A dot may neither lead nor follow another, so that no
// reference means a folder anywhere.
func ParseReference(s string) error {
	if s == "" || len(s) > maxReference || s[0] == '.' || strings.Contains(s, "..") {
		return ErrReference
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && !strings.ContainsRune("-._~", rune(c)) {
			return ErrReference
		}
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// ErrClass is the refusal of any text that is not the name of a class. It does not repeat
// the text.
var ErrClass = errors.New("not a class: 1 to 63 of a-z 0-9 -, beginning with a letter")

// ParseClass checks that s can be the name of a class, of any contract.
func ParseClass(s string) error {
	if !isName(s) {
		return ErrClass
	}
	return nil
}

// isName reports whether s is in the alphabet of classes, which categories and sites
// share.
func isName(s string) bool {
	if s == "" || len(s) > 63 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
