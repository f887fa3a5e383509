package main

import (
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// helpWidth is the width of help texts. Terminals are wider, and a longer line is hard to
// read.
const helpWidth = 90

// fillHelp breaks the long help texts of the commands into lines.
func fillHelp(cmd *cobra.Command) {
	cmd.Long = fill(cmd.Long)
	for _, c := range cmd.Commands() {
		fillHelp(c)
	}
}

// fill breaks each line of a text at spaces. An indented line, such as an example, stays
// as it is.
func fill(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, " ") {
			lines[i] = fillLine(line)
		}
	}
	return strings.Join(lines, "\n")
}

func fillLine(line string) string {
	var filled strings.Builder
	width := 0
	for _, word := range strings.Fields(line) {
		n := utf8.RuneCountInString(word)
		switch {
		case width == 0:
		case width+1+n > helpWidth:
			filled.WriteByte('\n')
			width = 0
		default:
			filled.WriteByte(' ')
			width++
		}
		filled.WriteString(word)
		width += n
	}
	return filled.String()
}
