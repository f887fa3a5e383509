package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// The handbook lists every command over the API, and no other. A cell names its first
// command in full, and the commands beside it by their last word.
func TestTheHandbookListsTheCommands(t *testing.T) {
	page, err := os.ReadFile("../../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n| command | does |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	root := newRoot()
	var listed []string
	for row := range strings.Lines(table) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
		before := ""
		for _, span := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(cell, -1) {
			words := regexp.MustCompile(`^[a-z -]*[a-z]\b`).FindString(strings.Split(span[1], " --")[0])
			switch {
			case strings.HasPrefix(span[1], "-"): // a flag of the command before
				continue
			case before != "":
				words = before[:strings.LastIndex(before, " ")+1] + words
			}
			if cmd, rest, err := root.Find(strings.Fields(words)); err != nil || len(rest) > 0 || cmd.HasSubCommands() {
				t.Errorf("there is no command %q", words)
			}
			listed, before = append(listed, words), words
		}
	}
	var all []string
	for _, group := range []string{"contract", "policy", "member"} {
		cmd, _, err := root.Find([]string{group})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, commandsUnder(cmd)...)
	}
	slices.Sort(all)
	slices.Sort(listed)
	if diff := cmp.Diff(all, listed); diff != "" {
		t.Errorf("commands over the API (-) and in docs/contracts.md (+):\n%s", diff)
	}
}

// commandsUnder lists the commands that have no others under them, without the program's
// name.
func commandsUnder(cmd *cobra.Command) (all []string) {
	for _, c := range cmd.Commands() {
		all = append(all, commandsUnder(c)...)
	}
	if !cmd.HasSubCommands() {
		return []string{strings.TrimPrefix(cmd.CommandPath(), "bordereau ")}
	}
	return all
}
