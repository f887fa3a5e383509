package gateway

import (
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/policy"
)

// parseTerms reads proposed terms. Its *Invalid lists every problem with its path and
// line.
func parseTerms(text []byte) (*policy.Terms, error) {
	terms, err := policy.ParseTerms(text)
	if err == nil {
		return terms, nil
	}
	var wrong *policy.TermsError
	if !errors.As(err, &wrong) {
		return nil, fmt.Errorf("reading terms: %w", err)
	}
	return nil, &Invalid{Kind: InvalidTerms, Detail: wrong.Error(), Problems: wrong.Problems}
}

// invalidTerm refuses one well-formed term for a reason that only the gateway knows.
func invalidTerm(terms *policy.Terms, path, detail string) *Invalid {
	return &Invalid{Kind: InvalidTerms, Field: path, Detail: detail,
		Problems: []policy.Problem{{Path: path, Line: terms.Line(path), Detail: detail}}}
}
