package demo

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// call is a request of the story, and how to print it as a curl command.
type call struct {
	request  *http.Request
	variable string // shell variable for the access token; empty without one
	file     string // file with the body; empty for a printed body, or none
	save     string // file for the answer; empty for the terminal
}

// curl is the command for the same request: $API for the gateway's address, shell
// variables for tokens.
func (c call) curl() string {
	words := []string{"curl"}
	if m := c.request.Method; m != http.MethodGet && !(m == http.MethodPut && c.file != "") {
		words = append(words, "-X", m)
	}
	if c.variable != "" {
		words = append(words, fmt.Sprintf(`-H "Authorization: Bearer $%s"`, c.variable))
	}
	words = append(words, headerFlags(c.request.Header)...)
	words = append(words, c.bodyFlags()...)
	if c.save != "" {
		words = append(words, "-o", quote(c.save))
	}
	return strings.Join(append(words, address(c.request.URL)), " ")
}

func headerFlags(h http.Header) []string {
	var flags []string
	for name, values := range h {
		for _, v := range values {
			if name != "Authorization" {
				flags = append(flags, "-H "+quote(name+": "+v))
			}
		}
	}
	slices.Sort(flags)
	return flags
}

func (c call) bodyFlags() []string {
	switch {
	case c.file != "" && c.request.Method == http.MethodPut:
		return []string{"-T", quote(c.file)}
	case c.file != "":
		return []string{"--data-binary", quote("@" + c.file)}
	case c.request.GetBody == nil:
		return nil
	}
	body, err := c.request.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil
	}
	return []string{"-d", quote(string(text))}
}

// address writes a URL of the gateway with $API. A URL has identifiers, references and
// escaped values only, so a shell interprets none of it within double quotes.
func address(u *url.URL) string {
	return `"$API` + u.RequestURI() + `"`
}

// quote makes one word of the shell.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
