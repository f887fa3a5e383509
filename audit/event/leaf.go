package event

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	// MaxLeaf is the length of the longest leaf in bytes.
	MaxLeaf = 16 << 10
	// MaxText is the length of the longest text of an event in bytes.
	MaxText = 255
)

// ErrInvalid is wrapped by every refusal of an event, a leaf or erasable data.
var ErrInvalid = errors.New("invalid event")

// Leaf encodes the event's leaf. It holds Commitment and not Private, so Commitment has
// to be set first (see Hide). A leaf with sequence number 0 and no Time is a draft; the
// sequencer fills both in.
func (e Event) Leaf() ([]byte, error) {
	w := writer{out: make([]byte, 0, 512)}
	v := int64(version)
	e.members(&w, &v)
	if w.err != nil {
		return nil, w.err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	leaf := append(w.out, '}')
	if len(leaf) > MaxLeaf {
		return nil, fmt.Errorf("%w: leaf of %d bytes", ErrInvalid, len(leaf))
	}
	return leaf, nil
}

// check refuses an event with an unknown closed word or a malformed identifier.
func (e *Event) check() error {
	switch {
	case !ValidLedger(e.Ledger):
		return invalid("ledger")
	case e.Seq < 0:
		return invalid("seq")
	case !validID("e_", e.ID):
		return invalid("id")
	case !e.Phase.valid():
		return invalid("phase")
	case !e.Action.valid():
		return invalid("action")
	case !e.Outcome.valid():
		return invalid("outcome")
	case e.Version < 0:
		return invalid("version")
	case e.Bytes < 0:
		return invalid("bytes")
	case e.Length < -1:
		return invalid("length")
	case e.Grant != "" && !validID("e_", e.Grant):
		return invalid("grant")
	case e.Commitment != "" && !validCommitment(e.Commitment):
		return invalid("priv")
	}
	return nil
}

// invalid names the field and never repeats its value, because the value may be untrusted
// input.
func invalid(field string) error { return fmt.Errorf("%w: field %q", ErrInvalid, field) }

func validCommitment(s string) bool {
	digest, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil && len(digest) == commitmentBytes
}

// validText refuses characters that would need an escape beyond the two of the format. It
// goes by fixed ranges of code points, so that a later version of Unicode changes no
// leaf.
func validText(s string) bool {
	if len(s) > MaxText || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return false
		}
	}
	return true
}

// writer appends fields to a JSON object and keeps the first error.
type writer struct {
	out []byte
	err error
}

func (w *writer) key(key string) {
	separator := byte(',')
	if len(w.out) == 0 {
		separator = '{'
	}
	w.out = append(w.out, separator, '"')
	w.out = append(w.out, key...)
	w.out = append(w.out, '"', ':')
}

func (w *writer) number(key string, required bool, n *int64) {
	if *n == 0 && !required {
		return
	}
	w.key(key)
	w.out = strconv.AppendInt(w.out, *n, 10)
}

func (w *writer) text(key string, required bool, s *string) {
	if *s == "" && !required {
		return
	}
	if !validText(*s) && w.err == nil {
		w.err = invalid(key)
	}
	w.key(key)
	w.out = append(w.out, '"')
	for i := range len(*s) {
		if c := (*s)[i]; c == '"' || c == '\\' {
			w.out = append(w.out, '\\')
		}
		w.out = append(w.out, (*s)[i])
	}
	w.out = append(w.out, '"')
}
