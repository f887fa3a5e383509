package gateway

import (
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/policy"
)

// parseTerms reads terms that somebody proposes. What is wrong with them is an *Invalid with every path and its line.
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

// invalidTerm refuses one term that can be read, for what only the gateway knows about it.
func invalidTerm(terms *policy.Terms, path, detail string) *Invalid {
	return &Invalid{Kind: InvalidTerms, Field: path, Detail: detail,
		Problems: []policy.Problem{{Path: path, Line: terms.Line(path), Detail: detail}}}
}
