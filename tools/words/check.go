package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/tools/prose"
)

// A finding is a place where a rule is broken.
type finding struct {
	path string // within the repository
	line int
	what string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.what) }

// checkAll finds what is wrong below root.
func checkAll(root string, list []entry) ([]finding, error) {
	paths, err := prose.Files(root)
	if err != nil {
		return nil, err
	}
	var all []finding
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		within, err := filepath.Rel(root, path)
		if err != nil {
			return nil, err
		}
		found, err := check(filepath.ToSlash(within), content, list)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

func check(path string, content []byte, list []entry) ([]finding, error) {
	blocks, err := prose.Blocks(path, content)
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, block := range blocks {
		found = append(found, widths(path, block)...)
		found = append(found, words(path, block, list)...)
	}
	slices.SortStableFunc(found, func(a, b finding) int { return a.line - b.line })
	return found, nil
}

// widths finds lines that are too wide. A comment behind code is held to the same width,
// without the code; a table, a heading and a line of one long word may be wider.
func widths(path string, block prose.Block) []finding {
	behindCode := block.Kind == prose.Table && filepath.Ext(path) == ".go"
	if block.Kind != prose.Text && block.Kind != prose.Item && !behindCode {
		return nil
	}
	var found []finding
	for i := range block.Lines {
		if block.IsWide(i, prose.Width) {
			found = append(found, finding{path, block.First + i,
				fmt.Sprintf("%d columns, and prose has %d at most: go -C tools run ./wrap ../%s",
					prose.Columns(block.Line(i)), prose.Width, path)})
		}
	}
	return found
}

var codeSpan = regexp.MustCompile("`[^`]*`")

func words(path string, block prose.Block, list []entry) []finding {
	if block.Kind == prose.Fixed {
		return nil
	}
	text := strings.Join(block.Lines, "\n")
	if filepath.Ext(path) == ".md" {
		text = codeSpan.ReplaceAllStringFunc(text, blank)
	}
	var found []finding
	for _, e := range list {
		for _, at := range e.forms.FindAllStringIndex(text, -1) {
			if isName(text, at) {
				continue
			}
			word := strings.Join(strings.Fields(text[at[0]:at[1]]), " ")
			found = append(found, finding{path, lineOf(block, text[:at[0]]),
				fmt.Sprintf("%q: write %s", word, e.instead)})
		}
	}
	return found
}

// blank takes the words out of a span of code and leaves its lines.
func blank(span string) string { return strings.Repeat("\n", strings.Count(span, "\n")) }

// isName recognises a word that is part of a name: a command's flag, a file, a path.
func isName(text string, at []int) bool {
	before, after := text[:at[0]], text[at[1]:]
	return strings.HasSuffix(before, "-") || strings.HasSuffix(before, "/") || strings.HasSuffix(before, "_") ||
		strings.HasPrefix(after, "/") || strings.HasPrefix(after, "_") || strings.HasPrefix(after, ".go")
}

// lineOf is where the text after before stands. A quoted text has no lines of its own.
func lineOf(block prose.Block, before string) int {
	if block.Kind == prose.Literal {
		return block.First
	}
	return block.First + strings.Count(before, "\n")
}
