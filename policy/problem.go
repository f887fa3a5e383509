package policy

import (
	"fmt"
	"strings"
)

// Problem is a wrong or missing term.
type Problem struct {
	Path   string // the place in the terms, as `classes.claim-form.media-types[1]`
	Line   int    // of the YAML text, from 1; 0 for a missing term
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

// TermsError has all problems of terms, in the order of the text.
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
