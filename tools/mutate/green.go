package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// greens says which tests pass as the code stands. It runs all tests of a package that
// the lists name at once: to link a test takes longer than to run it.
type greens map[string]func() counts

// counts are the outcomes of each test, with its subtests.
type counts map[string]*count

type count struct{ passed, failed, skipped int }

func (r runner) greens(ctx context.Context, list []protection) greens {
	patterns := map[string][]string{}
	for _, p := range list {
		if together(p) && !slices.Contains(patterns[p.Package], p.Run) {
			patterns[p.Package] = append(patterns[p.Package], p.Run)
		}
	}
	all := greens{}
	for name, list := range patterns {
		all[name] = sync.OnceValue(func() counts {
			p := protection{Package: name, Run: "(" + strings.Join(list, ")|(") + ")"}
			out, _ := r.goTest(ctx, p)
			return countOf(out)
		})
	}
	return all
}

// together says whether the pattern names whole tests of one package.
func together(p protection) bool {
	return !strings.Contains(p.Run, "/") && !strings.Contains(p.Package, "...")
}

// passes says that the tests of a protection ran together with others and passed.
func (g greens) passes(p protection) bool {
	pattern, err := regexp.Compile(p.Run)
	if err != nil || !together(p) || g[p.Package] == nil {
		return false
	}
	passed := 0
	for name, c := range g[p.Package]() {
		switch {
		case !pattern.MatchString(name):
		case c.failed > 0 || c.skipped > 0:
			return false
		default:
			passed += c.passed
		}
	}
	return passed > 0
}

func countOf(out []byte) counts {
	all := counts{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var event struct{ Action, Test string }
		if json.Unmarshal(lines.Bytes(), &event) != nil || event.Test == "" {
			continue
		}
		name, _, _ := strings.Cut(event.Test, "/")
		if all[name] == nil {
			all[name] = &count{}
		}
		switch event.Action {
		case "pass":
			all[name].passed++
		case "fail":
			all[name].failed++
		case "skip":
			all[name].skipped++
		}
	}
	return all
}
