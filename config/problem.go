package config

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a configuration. It repeats no value: a value may be a
// secret in the wrong place.
type Problem struct {
	Path   string // the key, as in database.url, or the name of an environment variable
	Detail string // what is wrong and what would be right
	Line   int    // in the file; 0 when the file does not have the key
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s (line %d): %s", p.Path, p.Line, p.Detail)
	}
	return p.Path + ": " + p.Detail
}

// Error is the list of everything that is wrong with a configuration.
type Error struct {
	Problems []Problem // at least one, sorted by path
}

func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return fmt.Sprintf("configuration: %s", e.Problems[0])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "configuration: %d problems:", len(e.Problems))
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n  %s", p)
	}
	return b.String()
}

// problems gathers problems.
type problems []Problem

func (p *problems) add(path, format string, args ...any) {
	*p = append(*p, Problem{Path: path, Detail: fmt.Sprintf(format, args...)})
}

// err is nil when there is no problem.
func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return &Error{Problems: sorted}
}
