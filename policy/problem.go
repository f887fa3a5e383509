package policy

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with terms, or missing from them.
type Problem struct {
	Path   string // where in the terms, as in `classes.claim-form.media-types[1]`
	Line   int    // of the YAML text, from 1; 0 when it is about something that is not there
	Detail string // one sentence, without the offending value when that may be personal data
}

// String is the problem as one line of text.
func (p Problem) String() string {
	where := p.Path
	if p.Line > 0 {
		where = strings.TrimSpace(fmt.Sprintf("%s (line %d)", p.Path, p.Line))
	}
	if where == "" {
		return p.Detail
	}
	return where + ": " + p.Detail
}

// TermsError says all that is wrong with terms, in the order of the text.
type TermsError struct {
	Problems []Problem
}

func (e *TermsError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}
