package gateway

import (
	"errors"
	"fmt"
	"strings"

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

// checkEnforceable refuses terms that lack something, or hold what this build cannot enforce, by its path.
func checkEnforceable(terms *policy.Terms) error {
	if missing := terms.Missing(); len(missing) > 0 {
		return &Invalid{Kind: InvalidIncomplete, Field: missing[0].Path, Detail: problems(missing), Problems: missing}
	}
	if refused := terms.Unenforceable(); len(refused) > 0 {
		return &Invalid{Kind: InvalidUnenforceable, Field: refused[0].Path, Detail: problems(refused), Problems: refused}
	}
	return nil
}

func problems(list []policy.Problem) string {
	var parts []string
	for _, p := range list {
		parts = append(parts, p.Path+": "+p.Detail)
	}
	return strings.Join(parts, "; ")
}
