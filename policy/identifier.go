package policy

import (
	"crypto/rand"
	"errors"
	"strings"
)

// These are the identifiers of the product. Each is a one-letter prefix, an underscore
// and 26 bytes of `a-z 2-7` (130 random bits). They tell nothing about the object that
// they name, so they may stand in the ledger and in log lines.
type (
	OrganisationID string // o_…
	PersonID       string // p_…
	ContractID     string // c_…
	BatchID        string // b_…
	DocumentID     string // d_…
	AssignmentID   string // a_…
	ReceiptID      string // r_…
	MembershipID   string // m_…
	HoldID         string // h_…
	ErasureID      string // x_…
)

// idBytes is the length of an identifier after its prefix.
const idBytes = 26

// NewID makes a random identifier with the prefix.
func NewID(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()) }

// ErrIdentifier is the refusal of any text that is not exactly an identifier. It does not
// repeat the text.
var ErrIdentifier = errors.New("not an identifier of this kind")

// ParseIdentifier checks that s is an identifier with the prefix, byte for byte, in the
// one alphabet. No look-alike, other case or other normal form of Unicode ever names the
// same object.
func ParseIdentifier(prefix, s string) error {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != idBytes {
		return ErrIdentifier
	}
	for i := range len(rest) {
		c := rest[i]
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return ErrIdentifier
		}
	}
	return nil
}
