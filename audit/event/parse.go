package event

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a leaf. It accepts exactly the bytes that Leaf writes. It refuses any other
// order, spelling, white space or escape, and duplicate or unknown fields.
func Parse(leaf []byte) (Event, error) {
	if len(leaf) > MaxLeaf {
		return Event{}, fmt.Errorf("%w: leaf of %d bytes", ErrInvalid, len(leaf))
	}
	var e Event
	var v int64
	r := reader{rest: string(leaf)}
	e.members(&r, &v)
	if v != version {
		return Event{}, fmt.Errorf("%w: leaf is not of version %d", ErrInvalid, version)
	}
	// The reader is lenient and skips what it cannot read. This comparison is the check.
	again, err := e.Leaf()
	if err != nil {
		return Event{}, err
	}
	if !bytes.Equal(again, leaf) {
		return Event{}, fmt.Errorf("%w: leaf is not in its one form", ErrInvalid)
	}
	return e, nil
}

// reader takes fields off the front of a leaf. A missing field leaves its zero value.
type reader struct{ rest string }

// value returns the text after the key when the key comes next. One byte of separator
// stands before the key.
func (r *reader) value(key string) (value string, ok bool) {
	if r.rest == "" {
		return "", false
	}
	if value, ok = strings.CutPrefix(r.rest[1:], `"`); !ok {
		return "", false
	}
	if value, ok = strings.CutPrefix(value, key); !ok {
		return "", false
	}
	return strings.CutPrefix(value, `":`)
}

func (r *reader) number(key string, _ bool, n *int64) {
	value, ok := r.value(key)
	if !ok {
		return
	}
	end := strings.IndexAny(value, ",}")
	if end < 0 {
		return
	}
	parsed, err := strconv.ParseInt(value[:end], 10, 64)
	if err != nil {
		return
	}
	*n, r.rest = parsed, value[end:]
}

func (r *reader) text(key string, _ bool, s *string) {
	value, ok := r.value(key)
	if !ok || !strings.HasPrefix(value, `"`) {
		return
	}
	if text, rest, ok := unquote(value[1:]); ok {
		*s, r.rest = text, rest
	}
}

// unquote splits the input after an opening quotation mark into the text and the rest
// after the closing mark.
func unquote(value string) (text, rest string, ok bool) {
	end := strings.IndexAny(value, `"\`)
	if end < 0 {
		return "", "", false
	}
	if value[end] == '"' { // nearly always: nothing is escaped
		return value[:end], value[end+1:], true
	}
	var unescaped strings.Builder
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '"':
			return unescaped.String(), value[i+1:], true
		case '\\':
			if i++; i == len(value) {
				return "", "", false
			}
		}
		unescaped.WriteByte(value[i])
	}
	return "", "", false
}
