package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
)

// maxJSON is the longest body that is read into memory, in bytes.
const maxJSON = 1 << 20

// maxDepth is how deep JSON may be nested. The API needs three levels.
const maxDepth = 16

// readJSON reads the body of a JSON operation. It accepts one JSON value that every
// parser reads alike. exact then checks the value's members against the operation.
func (s *server) readJSON(c *gin.Context) {
	text, err := s.readSmall(c)
	if err == nil && len(text) > 0 {
		if err = mediaType(c.Request, "application/json"); err == nil {
			err = checkJSON(text)
		}
	}
	if err != nil {
		s.problem(c, err)
		return
	}
	c.Set(bodyKey{}, text)
	c.Request.Body = io.NopCloser(bytes.NewReader(text))
}

// readSmall reads a whole body of at most maxJSON bytes. It must arrive within the time
// for which a large body may stand still.
func (s *server) readSmall(c *gin.Context) ([]byte, error) {
	deadline := http.NewResponseController(c.Writer)
	_ = deadline.SetReadDeadline(time.Now().Add(s.progress)) // a server without deadlines, such as the tests' recorder, is no error
	text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxJSON))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		_ = deadline.SetReadDeadline(time.Time{})
		if err := checkDigests(c.Request, text); err != nil {
			return nil, err
		}
	case errors.As(err, &tooLarge):
		hangUp(c.Writer)
		return nil, &refusal{kind: kindTooLarge, detail: "The limit is 1 MiB."}
	default:
		hangUp(c.Writer)
		return nil, &gateway.Invalid{Kind: gateway.InvalidBody, Detail: "The body ended early."}
	}
	return text, nil
}

// mediaType checks that the body is of one of the media types, plain, in UTF-8.
func mediaType(r *http.Request, allowed ...string) error {
	got, parameters, err := contentType(r)
	if err != nil {
		return err
	}
	if charset, ok := parameters["charset"]; ok && charset != "utf-8" && charset != "UTF-8" {
		return &refusal{kind: kindContentType, field: "Content-Type", detail: "The body must be UTF-8."}
	}
	for _, a := range allowed {
		if got == a {
			return nil
		}
	}
	return &refusal{kind: kindContentType, field: "Content-Type", detail: "The value must be " + allowed[0] + "."}
}

// contentType parses the one Content-Type header of a body that is not compressed.
func contentType(r *http.Request) (mediaType string, parameters map[string]string, err error) {
	if isEncoded(r.Header) {
		return "", nil, &refusal{kind: kindContentType, field: "Content-Encoding", detail: "The body must not be compressed."}
	}
	return describedType(r)
}

// describedType parses the one Content-Type header.
func describedType(r *http.Request) (mediaType string, parameters map[string]string, err error) {
	values := r.Header.Values("Content-Type")
	if len(values) != 1 {
		return "", nil, &refusal{kind: kindContentType, field: "Content-Type", detail: "There must be exactly one such header."}
	}
	mediaType, parameters, err = mime.ParseMediaType(values[0])
	if err != nil {
		return "", nil, &refusal{kind: kindContentType, field: "Content-Type", detail: "The header cannot be read."}
	}
	return mediaType, parameters, nil
}

// checkJSON refuses JSON that encoding/json would accept and another parser would read
// differently: bytes that are not UTF-8, a member given twice, anything after the value.
func checkJSON(text []byte) error {
	if !utf8.Valid(text) {
		return &refusal{kind: kindBody, detail: "The body is not UTF-8."}
	}
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		return &refusal{kind: kindBody, detail: "The body begins with a byte order mark: leave it out."}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	err := checkValue(d, 0)
	if errors.Is(err, errNotJSON) {
		before := text[:min(int(d.InputOffset()), len(text))]
		return &refusal{kind: kindBody, detail: fmt.Sprintf("The body is not JSON after line %d, byte %d of the body.",
			1+bytes.Count(before, []byte("\n")), len(before))}
	}
	if err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return &refusal{kind: kindBody, detail: "The body goes on after the JSON value."}
	}
	return nil
}

// errNotJSON is told with its place by checkJSON.
var errNotJSON error = &refusal{kind: kindBody, detail: "The body is not JSON."}

func notJSON() error { return errNotJSON }

func checkValue(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return notJSON()
	}
	if depth > maxDepth {
		return &refusal{kind: kindBody, detail: "The body is nested too deep."}
	}
	switch token {
	case json.Delim('{'):
		err = checkMembers(d, depth)
	case json.Delim('['):
		for d.More() && err == nil {
			err = checkValue(d, depth+1)
		}
	default:
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := d.Token(); err != nil { // the closing delimiter
		return notJSON()
	}
	return nil
}

func checkMembers(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return notJSON()
		}
		member := name.(string) // the decoder gives only a string at the place of a name
		if seen[member] {
			return &refusal{kind: kindBody, field: bounded(member), detail: "The member is given twice."}
		}
		seen[member] = true
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// bounded shortens a name that the client chose, so that an answer can repeat it.
func bounded(name string) string {
	const most = 64
	if len(name) > most {
		return ""
	}
	return name
}

// badBody is the refusal of a body that is JSON but does not fit the operation: a number
// in place of a text, or no body at all.
func badBody(err error) error {
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return &refusal{kind: kindBody, detail: "The body is missing."}
	case errors.As(err, &mismatch):
		return &refusal{kind: kindBody, field: bounded(mismatch.Field), detail: "The value is of the wrong type."}
	default:
		return &refusal{kind: kindBody, detail: "A value is not of its format."}
	}
}
