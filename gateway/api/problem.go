package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ProblemPrefix begins every Problem's Type; the kind follows.
const ProblemPrefix = "urn:bordereau:problem:"

// problemType is the media type of a problem (RFC 9457).
const problemType = "application/problem+json"

// maxProblem is the largest answer, in bytes, that is read when the answer is not the
// expected one.
const maxProblem = 64 << 10

// Kind is the stable name of the problem, as `denied`; the OpenAPI document lists the
// kinds. It is empty for an answer that did not come from a gateway.
func (p *Problem) Kind() string {
	kind, ok := strings.CutPrefix(p.Type, ProblemPrefix)
	if !ok {
		return ""
	}
	return kind
}

// Error gives all members of the problem in one line.
func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", p.Status, p.Title)
	if p.Reason != nil {
		fmt.Fprintf(&b, " (%s)", *p.Reason)
	}
	if p.Field != nil {
		fmt.Fprintf(&b, ": %s", *p.Field)
	}
	if p.Detail != nil {
		fmt.Fprintf(&b, ": %s", *p.Detail)
	}
	if p.Request != "" {
		fmt.Fprintf(&b, " [%s]", p.Request)
	}
	return b.String()
}

// Answer gives the value of a generated response, or its problem as the error. Give it
// the field of the status with which the operation succeeds.
func Answer[T any](response *http.Response, value *T, problem *Problem) (T, error) {
	if value != nil {
		return *value, nil
	}
	return *new(T), Done(response, problem)
}

// Done is nil when a generated response without content is a success, and the response's
// problem otherwise.
func Done(response *http.Response, problem *Problem) error {
	if problem != nil {
		return problem
	}
	if response.StatusCode == http.StatusNoContent {
		return nil
	}
	return unexpected(response)
}

// problemOf reads the problem from a raw answer.
func problemOf(response *http.Response) *Problem {
	p := unexpected(response)
	if !strings.HasPrefix(response.Header.Get("Content-Type"), problemType) {
		return p
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err != nil || json.Unmarshal(text, p) != nil {
		return unexpected(response)
	}
	return p
}

// unexpected is the problem for an answer that is not a gateway's, for instance a
// proxy's.
func unexpected(response *http.Response) *Problem {
	return &Problem{
		Type:   "about:blank",
		Title:  "unexpected answer: " + http.StatusText(response.StatusCode),
		Status: response.StatusCode,
	}
}
