package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// Every help text is in lines that a terminal shows as they are, and has the words of its
// source.
func TestHelpIsInLines(t *testing.T) {
	text := strings.Repeat("Each word stays. ", 20) + "\n\n    an example that is indented  stays as it is\n"
	filled := fill(text)
	if got, want := strings.Fields(filled), strings.Fields(text); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("filled: %q", filled)
	}
	if !strings.Contains(filled, "\n\n    an example that is indented  stays as it is\n") {
		t.Errorf("the example changed: %q", filled)
	}
	root := newRoot()
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Long) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
		for _, c := range cmd.Commands() {
			check(c)
		}
	}
	check(root)
}
