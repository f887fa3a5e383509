package main

import (
	"fmt"
	"path"
	"strings"
)

// An exemption is a place where the rules do not hold yet: a file, a folder's own files,
// or, with "/..." at its end, all that is below a folder.
type exemption struct {
	place string
	line  int
	found int
}

func parseExemptions(text string) []*exemption {
	var all []*exemption
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, &exemption{place: line, line: i + 1})
		}
	}
	return all
}

func (e *exemption) covers(file string) bool {
	if below, ok := strings.CutSuffix(e.place, "/..."); ok {
		return strings.HasPrefix(file, below+"/")
	}
	return file == e.place || path.Dir(file) == e.place
}

// exempt gives the findings that no exemption covers, and counts the others.
func exempt(found []finding, exemptions []*exemption) []finding {
	var left []finding
	for _, f := range found {
		covered := false
		for _, e := range exemptions {
			if e.covers(f.path) {
				covered = true
				e.found++
			}
		}
		if !covered {
			left = append(left, f)
		}
	}
	return left
}

// needless finds exemptions that cover nothing: the list only ever gets shorter.
func needless(file string, exemptions []*exemption) []finding {
	var found []finding
	for _, e := range exemptions {
		if e.found == 0 {
			found = append(found, finding{file, e.line, fmt.Sprintf("%s is in order: take this line away", e.place)})
		}
	}
	return found
}
