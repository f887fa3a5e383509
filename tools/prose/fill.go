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

// tokens are the words of the lines, each with what must not begin a line behind it. A
// short span of code is one word.
func tokens(lines []string) []string {
	var all []string
	for _, word := range spans(strings.Fields(strings.Join(lines, " "))) {
		if len(all) > 0 && special.MatchString(word) {
			all[len(all)-1] += " " + word
			continue
		}
		all = append(all, word)
	}
	return all
}

// longSpan is the number of columns from which a span of code may be broken.
const longSpan = 60

// spans puts the words of each short span of code together.
func spans(words []string) []string {
	var all []string
	for i := 0; i < len(words); {
		n := spanAt(words[i:])
		all = append(all, strings.Join(words[i:i+n], " "))
		i += n
	}
	return all
}

// spanAt is how many words the span takes that the first of them begins; 1 when it begins
// none, or one that is long or does not end.
func spanAt(words []string) int {
	open, wide := false, 0
	for i, word := range words {
		open = open != (strings.Count(word, "`")%2 == 1)
		wide += Columns(word) + 1
		switch {
		case !open:
			return i + 1
		case wide > longSpan:
			return 1
		}
	}
	return 1
}

// IsWide says whether a line of the block is wider than it may be, and could be broken.
func (b Block) IsWide(i, width int) bool {
	lead := b.Lead
	if i == 0 {
		lead = b.Begin
	}
	return Columns(lead+b.Lines[i]) > width && len(tokens(b.Lines[i:i+1])) > 1
}
