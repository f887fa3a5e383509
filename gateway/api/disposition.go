package api

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FormatDisposition gives the Content-Disposition for a file name that is sent, exactly
// and in any language: RFC 6266 with the encoding of RFC 8187. A name in plain ASCII
// stands there a second time, for clients that read only `filename`.
func FormatDisposition(fileName string) string {
	plain := ""
	if isPlain(fileName) {
		plain = fileName
	}
	return formatDisposition(plain, fileName)
}

// FormatAttachment gives the Content-Disposition of an answer, from which a client makes
// a file: the safe form of the name, and before it one in ASCII for clients that read
// only `filename` (RFC 6266, appendix D), as `curl -OJ` does.
func FormatAttachment(fileName string) string {
	if fileName == "" {
		return "attachment"
	}
	return formatDisposition(plainFileName(fileName), SafeFileName(fileName))
}

// formatDisposition writes the name, and the plain form of it if there is one.
func formatDisposition(plain, fileName string) string {
	if fileName == "" {
		return "attachment"
	}
	var b strings.Builder
	b.WriteString("attachment")
	if plain != "" {
		fmt.Fprintf(&b, `; filename="%s"`, plain)
	}
	b.WriteString("; filename*=UTF-8''")
	for i := range len(fileName) {
		if c := fileName[i]; isAttrChar(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// ParseDisposition gives the file name in a Content-Disposition, empty when there is
// none. `filename*` wins over `filename`. A header that does not follow the grammar is
// refused rather than guessed at, and so is a name with control characters.
func ParseDisposition(header string) (fileName string, err error) {
	p := fieldParser{rest: header}
	if p.token() == "" {
		return "", errors.New("content-disposition: no type")
	}
	parameters, err := p.parameters()
	if err != nil {
		return "", fmt.Errorf("content-disposition: %w", err)
	}
	name := parameters["filename"]
	if extended, ok := parameters["filename*"]; ok {
		if name, err = parseExtended(extended); err != nil {
			return "", fmt.Errorf("content-disposition: filename*: %w", err)
		}
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", errors.New("content-disposition: the file name is not UTF-8 text without control characters")
	}
	return name, nil
}

// parseExtended reads the ext-value of RFC 8187: UTF-8'language'percent-encoded.
func parseExtended(s string) (string, error) {
	charset, rest, ok := strings.Cut(s, "'")
	_, encoded, ok2 := strings.Cut(rest, "'")
	if !ok || !ok2 || !strings.EqualFold(charset, "utf-8") {
		return "", errors.New("must begin with UTF-8''")
	}
	for i := range len(encoded) {
		if c := encoded[i]; c != '%' && !isAttrChar(c) {
			return "", errors.New("must be percent-encoded")
		}
	}
	name, err := url.PathUnescape(encoded)
	if err != nil {
		return "", errors.New("must be percent-encoded")
	}
	return name, nil
}

// fieldParser reads a header field's value from the left (RFC 9110, section 5.6).
type fieldParser struct{ rest string }

func (p *fieldParser) space() { p.rest = strings.TrimLeft(p.rest, " \t") }

// take drops one byte if it is the next.
func (p *fieldParser) take(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// token reads a token. It is empty when there is none.
func (p *fieldParser) token() string {
	n := 0
	for n < len(p.rest) && isTokenChar(p.rest[n]) {
		n++
	}
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t
}

// parameters reads `*( OWS ";" OWS [ name "=" value ] )` to the end, with a semicolon at
// the end too: RFC 9110, section 5.6.6, allows it, and clients send it. Names are in
// lower case.
func (p *fieldParser) parameters() (map[string]string, error) {
	all := map[string]string{}
	for p.space(); p.rest != ""; p.space() {
		if !p.take(';') {
			return nil, errors.New("a parameter must follow a semicolon")
		}
		p.space()
		if p.rest == "" || p.rest[0] == ';' {
			continue
		}
		name := strings.ToLower(p.token())
		p.space()
		if name == "" || !p.take('=') {
			return nil, errors.New("a parameter must be name=value")
		}
		p.space()
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		if _, twice := all[name]; twice {
			return nil, errors.New("a parameter is given twice")
		}
		all[name] = value
	}
	return all, nil
}

func (p *fieldParser) value() (string, error) {
	if !p.take('"') {
		if t := p.token(); t != "" {
			return t, nil
		}
		return "", errors.New("a parameter has no value")
	}
	var b strings.Builder
	for p.rest != "" {
		c := p.rest[0]
		p.rest = p.rest[1:]
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\' && p.rest != "" && (p.rest[0] == '"' || p.rest[0] == '\\'):
			// Any other backslash stays: people send C:\scans\a.pdf as it is.
			b.WriteByte(p.rest[0])
			p.rest = p.rest[1:]
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("a quoted value does not end")
}

// isPlain reports whether a name can stand in a quoted string that every client reads
// alike.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || strings.IndexByte(`"\%`, c) >= 0 {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isTokenChar(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isAttrChar reports the attr-char of RFC 8187, which needs no percent-encoding.
func isAttrChar(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 }
