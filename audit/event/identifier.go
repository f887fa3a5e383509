package event

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// idLength is the length of an identifier: a letter, an underscore, 26 bytes of `a-z 2-7`
// (130 bits).
const idLength = 28

// inOrder encodes bits in the alphabet of identifiers, so that texts sort as the bits do.
var inOrder = base32.NewEncoding("234567abcdefghijklmnopqrstuvwxyz").WithPadding(base32.NoPadding)

// NewID makes the identifier of an event: milliseconds since 1970 in 48 bits, and 80
// random bits. The time is no secret, because the event holds it too. Identifiers that
// grow with time keep the database's writes in one place of its index.
func NewID() string {
	var bits [16]byte
	binary.BigEndian.PutUint64(bits[:], uint64(time.Now().UnixMilli())<<16)
	rand.Read(bits[6:])
	return "e_" + inOrder.EncodeToString(bits[:])
}

// ValidLedger says whether name can name a ledger: Operator, or an organisation's
// identifier.
func ValidLedger(name string) bool { return name == Operator || validID("o_", name) }

func validID(prefix, s string) bool {
	if len(s) != idLength || !strings.HasPrefix(s, prefix) {
		return false
	}
	for i := len(prefix); i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
