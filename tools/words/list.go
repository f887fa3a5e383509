package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed words.txt
var wordList string

// An entry is a word that is not used, in all its forms.
type entry struct {
	forms   *regexp.Regexp
	instead string
}

// parseList reads lines of the form "word, words | what to write instead".
func parseList(text string) ([]entry, error) {
	var entries []entry
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		forms, instead, ok := strings.Cut(line, "|")
		if !ok || strings.TrimSpace(forms) == "" || strings.TrimSpace(instead) == "" {
			return nil, fmt.Errorf("line %d: want \"word, words | what to write instead\"", i+1)
		}
		entries = append(entries, entry{pattern(forms), strings.TrimSpace(instead)})
	}
	return entries, nil
}

// pattern matches the forms as whole words. A phrase may go on in the next line. An
// identifier that has a form as a part is another word.
func pattern(forms string) *regexp.Regexp {
	var quoted []string
	for form := range strings.SplitSeq(forms, ",") {
		words := strings.Fields(form)
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		quoted = append(quoted, strings.Join(words, `\s+`))
	}
	return regexp.MustCompile(`(?i)\b(` + strings.Join(quoted, "|") + `)\b`)
}
