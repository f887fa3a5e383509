package verify

import (
	"bufio"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
)

// maxRow is the length of the longest line of a pack's events. It is more than a leaf and
// its erasable data need.
const maxRow = event.MaxLeaf + event.MaxPrivate + 256

// packRow is an event of a pack. A line holds the leaf byte for byte, and the opened
// erasable data where there is one:
//
//	{"leaf":{"v":1,…}}
//	{"leaf":{"v":1,…},"private":{"address":"192.0.2.7"},"salt":"<base64>"}
type packRow struct {
	leaf    []byte
	private *event.Opening
}

// parsePackRow reads a line without its end.
func parsePackRow(line []byte) (packRow, error) {
	var fields struct {
		Leaf    json.RawMessage `json:"leaf"`
		Private json.RawMessage `json:"private"`
		Salt    string          `json:"salt"`
	}
	if err := json.Unmarshal(line, &fields); err != nil {
		return packRow{}, errors.New("it is no JSON of its form")
	}
	r := packRow{leaf: fields.Leaf}
	again := `{"leaf":` + string(fields.Leaf)
	if fields.Private != nil {
		salt, err := base64.StdEncoding.DecodeString(fields.Salt)
		if err != nil {
			return packRow{}, errors.New("its salt is not base64")
		}
		r.private = &event.Opening{Clear: string(fields.Private), Salt: salt}
		again += `,"private":` + r.private.Clear + `,"salt":"` + base64.StdEncoding.EncodeToString(salt) + `"`
	}
	if again+"}" != string(line) {
		return packRow{}, errors.New("it is not in its one form")
	}
	return r, nil
}

// opens says whether the erasable data is there and opens the event's commitment.
func (r packRow) opens(e event.Event) bool { return r.private != nil && r.private.Check(e.Commitment) }

// lineReader reads the lines of a text without their ends. It refuses a line that is too
// long or has no end.
type lineReader struct {
	lines *bufio.Reader
	limit int
}

func newLineReader(r io.Reader, limit int) *lineReader {
	return &lineReader{bufio.NewReaderSize(r, limit), limit}
}

// next returns io.EOF after the last line.
func (r *lineReader) next() ([]byte, error) {
	line, err := r.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, errors.New("its last line does not end")
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("a line has more than %d bytes", r.limit)
	case err != nil:
		return nil, fmt.Errorf("reading it: %w", err)
	}
	return line[:len(line)-1], nil
}

// tableHead is the first line of the table for people.
func tableHead() string {
	return tableOf(func(i int) string { return fields[i].name })
}

// tableLine is an event's line in it.
func tableLine(e event.Event) string {
	return tableOf(func(i int) string {
		value := fields[i].value(&e)
		if fields[i].use&number == 0 {
			value = noFormula(value)
		}
		return value
	})
}

func tableOf(text func(field int) string) string {
	var cells []string
	for i := range fields {
		if fields[i].use&cell != 0 {
			cells = append(cells, text(i))
		}
	}
	var line strings.Builder
	table := csv.NewWriter(&line)
	_ = table.Write(cells) // a builder takes everything
	table.Flush()
	return strings.TrimSuffix(line.String(), "\n")
}

// noFormula sets an apostrophe before text that a spreadsheet would compute.
func noFormula(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r\n", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
