package prose

import (
	"regexp"
	"strings"
)

// special are words that would begin something of their own at the start of a line.
var special = regexp.MustCompile(`^([-*+•>|=]+|\d{1,3}[.)]|#+|:|//.*|\|.*|>.*|#.*|(Unordered )?[Oo]utput:)$`)

// Fill breaks the block's text into lines of at most width columns where words allow it.
func (b Block) Fill(width int) []string {
	var lines []string
	line, empty := b.Begin, true
	for _, word := range tokens(b.Lines) {
		if !empty && Columns(line)+1+Columns(word) > width {
			lines = append(lines, line)
			line, empty = b.Lead, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	return append(lines, line)
}

// tokens are the words of the lines, each with what must not begin a line behind it.
func tokens(lines []string) []string {
	var all []string
	for _, word := range strings.Fields(strings.Join(lines, " ")) {
		if len(all) > 0 && special.MatchString(word) {
			all[len(all)-1] += " " + word
			continue
		}
		all = append(all, word)
	}
	return all
}

// IsWide says whether a line of the block is wider than it may be, and could be broken.
func (b Block) IsWide(i, width int) bool {
	lead := b.Lead
	if i == 0 {
		lead = b.Begin
	}
	return Columns(lead+b.Lines[i]) > width && len(tokens(b.Lines[i:i+1])) > 1
}
