package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Change is one term that differs between two versions. Before or After is empty where
// the term is absent.
type Change struct {
	Path   string // as `classes.scan.max-bytes`; a named list entry has its name: `sites[tunis].country`
	Before string
	After  string
}

// Diff lists the terms that differ between two texts of terms, in the order of their
// paths. It compares the terms, not their layout, the order of their keys or comments.
func Diff(before, after []byte) ([]Change, error) {
	old, err := flatten(before)
	if err != nil {
		return nil, err
	}
	new, err := flatten(after)
	if err != nil {
		return nil, err
	}
	paths := maps.Clone(old)
	maps.Copy(paths, new)
	var changes []Change
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if old[path] != new[path] {
			changes = append(changes, Change{Path: path, Before: old[path], After: new[path]})
		}
	}
	return changes, nil
}

// flatten gives the value of every term by its path. The text must be terms that
// ParseTerms accepts.
func flatten(text []byte) (map[string]string, error) {
	if _, err := ParseTerms(text); err != nil {
		return nil, err
	}
	root, problem := readDocument(text)
	if problem != nil {
		return nil, &TermsError{Problems: []Problem{*problem}}
	}
	values := map[string]string{}
	flattenNode(values, "", root)
	return values, nil
}

func flattenNode(values map[string]string, path string, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for pair := range slices.Chunk(n.Content, 2) {
			flattenNode(values, join(path, pair[0].Value), pair[1])
		}
	case yaml.SequenceNode:
		flattenList(values, path, n)
	default:
		if n.Tag != "!!null" {
			values[path] = n.Value
		}
	}
}

// flattenList keeps a list of plain values in one line, and goes into entries that are
// mappings.
func flattenList(values map[string]string, path string, n *yaml.Node) {
	var plain []string
	for i, entry := range n.Content {
		if entry.Kind != yaml.MappingNode {
			plain = append(plain, entry.Value)
			continue
		}
		flattenNode(values, fmt.Sprintf("%s[%s]", path, nameOf(entry, i)), entry)
	}
	if len(plain) > 0 || len(n.Content) == 0 {
		values[path] = "[" + strings.Join(plain, ", ") + "]"
	}
}

// nameOf gives an entry of a list its name, so that one more site does not change all
// paths after it.
func nameOf(entry *yaml.Node, i int) string {
	for pair := range slices.Chunk(entry.Content, 2) {
		if pair[0].Value == "name" && isName(pair[1].Value) {
			return pair[1].Value
		}
	}
	return fmt.Sprint(i)
}

// Compare lists the rules that only the second terms have, and those that only the first
// have. It ignores the clause: a rule from another clause opens nothing new.
func Compare(before, after *Terms) (opened, closed []Rule) {
	return without(Rules(after), Rules(before)), without(Rules(before), Rules(after))
}

func without(rules, others []Rule) []Rule {
	known := map[Rule]bool{}
	for _, r := range others {
		r.Clause = ""
		known[r] = true
	}
	return slices.DeleteFunc(rules, func(r Rule) bool { r.Clause = ""; return known[r] })
}
