package verify

import (
	"fmt"
	"strings"
)

// PackReport is the result of verifying an evidence pack.
type PackReport struct {
	Ledger     string `json:"ledger"`
	KeyFrom    string `json:"key_from"`   // KeyGiven or KeyInPack
	Checkpoint int64  `json:"checkpoint"` // events that the pack's checkpoint covers; -1 without a good one
	Root       string `json:"root"`       // of the tree over them, base64; empty without a good checkpoint
	Note       []byte `json:"-"`          // the checkpoint, signed; nil without a good one
	Asked      *Asked `json:"asked"`      // nil when the question is not good

	Events    int64 `json:"events"`    // rows
	Proven    int64 `json:"proven"`    // rows that are proven to be in the ledger
	Opened    int64 `json:"opened"`    // erasable data that is there and opens its commitment, the question's included
	Erased    int64 `json:"erased"`    // erasable data that is not there
	Contracts int   `json:"contracts"` // contract versions in the pack
	Older     int   `json:"older"`     // older checkpoints that the pack agrees with

	Found      int64     `json:"found"`       // problems
	Problems   []Problem `json:"problems"`    // the first thousand of them
	NotChecked []string  `json:"not_checked"` // what could not be checked, and why
	NotProven  []string  `json:"not_proven"`  // what no pack proves
}

// The source of the key.
const (
	KeyGiven  = "given" // by the verifier, from elsewhere
	KeyInPack = "pack"  // by the maker of the pack
)

// notProven lists what no evidence pack can prove.
var notProven = []string{
	"Inclusion proves the listed events, not that none is missing: neither from the ledger nor from the answer. For that, verify the whole ledger.",
	"That the ledger does not go on after the checkpoint, and that no other person is shown another ledger: compare checkpoints with others.",
	"That what an event says is true, and that all that happened was recorded.",
}

const notProvenKey = "ANYTHING, as to who signed it: the key came in the pack, and the maker of the pack may have made the key.  " +
	"Get the ledger's key from a person you trust and give it with --key."

func (p *packVerification) report() *PackReport {
	r := p.v.report
	out := &PackReport{Ledger: r.Ledger, KeyFrom: KeyInPack, Checkpoint: r.Checkpoint, Root: r.Root, Asked: p.asked, Events: p.events,
		Proven: p.proven, Opened: p.opened, Erased: r.Erased, Contracts: p.contracts, Older: r.Older, Found: r.Found,
		Problems: r.Problems, NotChecked: r.NotChecked, NotProven: notProven}
	if p.newest != nil {
		out.Note = p.signed
	}
	if p.given {
		out.KeyFrom = KeyGiven
	} else {
		out.NotProven = append([]string{notProvenKey}, notProven...)
	}
	return out
}

// OK says whether nothing is wrong with the pack. With only the key in the pack, that
// proves nothing: see Proves.
func (r *PackReport) OK() bool { return r.Found == 0 && r.Checkpoint >= 0 }

// Proves says whether the pack proves its events: nothing is wrong, and the key came from
// elsewhere.
func (r *PackReport) Proves() bool { return r.OK() && r.KeyFrom == KeyGiven }

// Statement says in plain sentences what was found, what was proven, and what was not.
func (r *PackReport) Statement() string {
	var s strings.Builder
	switch {
	case !r.OK():
		fmt.Fprintf(&s, "NOT OK. Problems found: %d.\n", r.Found)
	case r.KeyFrom == KeyInPack:
		s.WriteString("NOT PROVEN. Nothing in the pack contradicts itself, but its key came with it.\n")
	default:
		fmt.Fprintf(&s, "OK. Each of the %d events is, word for word, in ledger %s as it was signed at %d events.\n", r.Events, r.Ledger, r.Checkpoint)
	}
	s.WriteString("\nNot proven:\n")
	for _, sentence := range r.NotProven {
		fmt.Fprintf(&s, "- %s\n", sentence)
	}
	for _, sentence := range r.NotChecked {
		fmt.Fprintf(&s, "- Not checked: %s.\n", sentence)
	}
	return s.String()
}
