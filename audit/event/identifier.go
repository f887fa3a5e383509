package event

import (
	"crypto/rand"
	"strings"
)

// idLength is the length of an identifier: a letter, an underscore, 26 bytes of `a-z 2-7` (130 random bits).
const idLength = 28

// NewID makes the identifier of an event.
func NewID() string { return "e_" + strings.ToLower(rand.Text()) }

// ValidLedger says whether name can name a ledger: Operator, or an organisation's identifier.
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
