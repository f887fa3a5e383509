package httpapi

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/bordereau/bordereau/gateway"
)

// wantedRange is the part of a document that a request asks for by Range and If-Range
// (RFC 9110, 14.2 and 13.1.5): the whole of it, or one range of bytes. After choose it
// also has the outcome.
type wantedRange struct {
	asked       bool
	suffix      bool   // the range is the last bytes of the document: last of them
	first, last int64  // inclusive; last is math.MaxInt64 for a range without an end
	unless      string // the entity tag of If-Range, empty without one

	partial       bool
	unsatisfiable bool
	size          int64
}

// parseRange reads the headers. A unit other than bytes is ignored, as RFC 9110 requires.
// A malformed range, or several ranges, are refused rather than answered with the whole:
// a client that asks for a part of a large document does not want all of it.
func parseRange(h http.Header) (*wantedRange, error) {
	values := h.Values("Range")
	if len(values) == 0 {
		return &wantedRange{}, nil
	}
	unit, set, found := strings.Cut(values[0], "=")
	if found && !strings.EqualFold(unit, "bytes") && len(values) == 1 {
		return &wantedRange{}, nil
	}
	switch {
	case len(values) > 1 || strings.Contains(set, ","):
		return nil, &refusal{kind: kindRange, field: "Range", detail: "A request may have one range."}
	case !found:
		return nil, malformedRange()
	}
	w, ok := parseBytes(strings.Trim(set, " \t"))
	if !ok {
		return nil, malformedRange()
	}
	if conditions := h.Values("If-Range"); len(conditions) > 0 {
		w.unless = strings.Join(conditions, ",") // two tags together match nothing
	}
	return w, nil
}

func malformedRange() error {
	return &refusal{kind: kindRange, field: "Range", detail: "The range must be as in bytes=0-99, bytes=100- or bytes=-100."}
}

func parseBytes(set string) (*wantedRange, bool) {
	from, to, found := strings.Cut(set, "-")
	w := &wantedRange{asked: true, suffix: from == "", last: math.MaxInt64}
	ok := found && (from != "" || to != "")
	if from != "" {
		w.first, ok = parsePosition(from, ok)
	}
	if to != "" {
		w.last, ok = parsePosition(to, ok)
	}
	return w, ok && (w.suffix || w.first <= w.last)
}

// parsePosition reads digits. A number beyond an int64 is beyond every document too.
func parsePosition(text string, ok bool) (int64, bool) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return n, ok
}

// choose implements gateway.Choice.
func (w *wantedRange) choose(d gateway.Document) (gateway.Part, error) {
	w.partial, w.unsatisfiable, w.size = false, false, d.Size
	if !w.asked || w.unless != "" && w.unless != etag(d) {
		return gateway.Part{Length: d.Size}, nil // another condition, or a date, does not match this document
	}
	first, last := w.first, min(w.last, d.Size-1)
	if w.suffix {
		first, last = max(0, d.Size-w.last), d.Size-1
	}
	if first > last {
		w.unsatisfiable = true
		return gateway.Part{}, &gateway.Invalid{Kind: gateway.InvalidRange, Field: "Range", Detail: "The document has no such bytes."}
	}
	w.partial = true
	return gateway.Part{Offset: first, Length: last - first + 1}, nil
}
