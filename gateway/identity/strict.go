package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// members are the members of a flat JSON object, taken out one by one. The first problem
// is kept for end, so that the code that takes members shows the shape without error
// handling.
type members struct {
	values map[string]any // string or json.Number
	err    error
}

// readObject reads exactly one JSON object of strings and numbers. A name that comes
// twice is an error, also when one of the two is written with escapes. Names that differ
// in case are different names.
func readObject(text []byte) (*members, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8") // the decoder would replace such bytes: two texts would then mean one
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	values := map[string]any{}
	for d.More() {
		if err := readMember(d, values); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("not a whole JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("the text goes on after the JSON object")
	}
	return &members{values: values}, nil
}

func readMember(d *json.Decoder, values map[string]any) error {
	name, err := d.Token()
	if err != nil {
		return errors.New("not a JSON object")
	}
	value, err := d.Token()
	if err != nil {
		return errors.New("not a JSON object")
	}
	key := name.(string) // the decoder gives only a string at the place of a name
	if _, twice := values[key]; twice {
		return fmt.Errorf("member %q twice", key)
	}
	switch value.(type) {
	case string, json.Number:
		values[key] = value
		return nil
	}
	return fmt.Errorf("member %q is neither text nor number", key)
}

// text takes a member that must be a string.
func (m *members) text(name string) string {
	s, ok := m.take(name).(string)
	if !ok {
		m.fail(fmt.Errorf("member %q is missing or not text", name))
	}
	return s
}

// seconds takes a member that must be an integer within the seconds since 1970 that a
// clock can show. The bounds leave room for sums and differences.
func (m *members) seconds(name string) int64 {
	number, _ := m.take(name).(json.Number)
	n, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil || n <= 0 || n >= 1<<40 {
		m.fail(fmt.Errorf("member %q is missing or not a time in whole seconds", name))
	}
	return n
}

func (m *members) take(name string) any {
	v := m.values[name]
	delete(m.values, name)
	return v
}

func (m *members) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// end gives the first problem. A member that was not taken is a problem too.
func (m *members) end() error {
	if m.err == nil && len(m.values) > 0 {
		return errors.New("a member is unknown")
	}
	return m.err
}
