package prose

import (
	"regexp"
	"slices"
	"strings"
)

// A Dialect is how lines become blocks.
type Dialect int

const (
	Markdown Dialect = iota
	Comment          // as go doc reads a comment
)

// aligned is text in columns of its own, which filling would lose.
var (
	bullet   = regexp.MustCompile(`^( *)([-*+•]|\d{1,3}[.)])( +)`)
	fence    = regexp.MustCompile("^ *(```|~~~)")
	linkLine = regexp.MustCompile(`^ *\[[^\]]+\]: `)
	aligned  = regexp.MustCompile(`\S {3,}\S`)
	rule     = regexp.MustCompile(`^ *([-=*_] *){3,}$`)
)

// splitComment splits the lines of a comment, given without their mark. The one space
// between mark and text belongs to what stands before the text.
func splitComment(lines []string, first int, prefix string) []Block {
	var blocks []Block
	for i := 0; i < len(lines); {
		if !isSpaced(lines[i]) {
			blocks = append(blocks, fixed(lines[i], first+i, prefix))
			i++
			continue
		}
		start := i
		var texts []string
		for ; i < len(lines) && isSpaced(lines[i]); i++ {
			texts = append(texts, strings.TrimPrefix(lines[i], " "))
		}
		blocks = append(blocks, Split(texts, first+start, prefix+" ", Comment)...)
	}
	return blocks
}

// isSpaced says whether a comment's text is prose: directives follow their mark at once,
// but for sqlc's.
func isSpaced(text string) bool {
	if strings.HasPrefix(text, " name: ") || strings.HasPrefix(text, " +goose") {
		return false
	}
	return text == "" || strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t")
}

func fixed(line string, number int, prefix string) Block {
	return Block{Kind: Fixed, First: number, Begin: prefix, Lead: prefix, Lines: []string{line}}
}

// Split sorts lines into blocks. Every line stands in one of them, blank ones in none.
func Split(lines []string, first int, prefix string, dialect Dialect) []Block {
	s := splitter{lines: lines, first: first, prefix: prefix, dialect: dialect}
	for s.at < len(lines) {
		s.next()
	}
	return s.blocks
}

type splitter struct {
	lines   []string
	first   int
	prefix  string
	dialect Dialect

	at     int
	inList int // columns that text of the current item is indented by; 0 outside a list
	blocks []Block
}

func (s *splitter) next() {
	line := s.lines[s.at]
	switch {
	case strings.TrimSpace(line) == "":
		s.at++
	case s.dialect == Markdown && fence.MatchString(line):
		s.fenced()
	case bullet.MatchString(line) && !rule.MatchString(line):
		s.item()
	case s.isCode(line):
		s.single(Fixed)
	default:
		s.plain(line)
	}
}

func (s *splitter) plain(line string) {
	if indentOf(line) == 0 {
		s.inList = 0
	}
	switch {
	case strings.HasPrefix(strings.TrimSpace(line), "|"), strings.HasPrefix(strings.TrimSpace(line), "> "):
		s.single(Table)
	case strings.HasPrefix(line, "#"):
		s.single(Heading)
	case linkLine.MatchString(line), rule.MatchString(line), s.isHTML(line):
		s.single(Fixed)
	default:
		s.text()
	}
}

// isCode recognises an indented line that does not continue an item.
func (s *splitter) isCode(line string) bool {
	if strings.HasPrefix(line, "\t") {
		return true
	}
	indent, limit := indentOf(line), 1
	if s.dialect == Markdown {
		limit = 4
	}
	if s.inList > 0 {
		return indent >= s.inList+4
	}
	return indent >= limit
}

func (s *splitter) isHTML(line string) bool {
	return s.dialect == Markdown && strings.HasPrefix(strings.TrimSpace(line), "<")
}

func (s *splitter) fenced() {
	close := fence.FindStringSubmatch(s.lines[s.at])[1]
	s.single(Fixed)
	for s.at < len(s.lines) {
		ended := strings.HasPrefix(strings.TrimSpace(s.lines[s.at]), close)
		s.single(Fixed)
		if ended {
			return
		}
	}
}

func (s *splitter) single(kind Kind) {
	s.blocks = append(s.blocks, Block{Kind: kind, First: s.first + s.at, Begin: s.prefix, Lead: s.prefix,
		Lines: []string{s.lines[s.at]}})
	s.at++
}

func (s *splitter) item() {
	begin := bullet.FindString(s.lines[s.at])
	s.inList = len([]rune(begin))
	block := Block{Kind: Item, First: s.first + s.at, Begin: s.prefix + begin,
		Lead: s.prefix + strings.Repeat(" ", s.inList), Lines: []string{strings.TrimPrefix(s.lines[s.at], begin)}}
	s.at++
	s.gather(&block, s.inList)
}

func (s *splitter) text() {
	indent := indentOf(s.lines[s.at])
	lead := s.prefix + strings.Repeat(" ", indent)
	block := Block{Kind: Text, First: s.first + s.at, Begin: lead, Lead: lead,
		Lines: []string{s.lines[s.at][indent:]}}
	s.at++
	s.gather(&block, indent)
}

// gather takes the lines that continue a paragraph: those with its indent that begin
// nothing of their own.
func (s *splitter) gather(block *Block, indent int) {
	for ; s.at < len(s.lines); s.at++ {
		line := s.lines[s.at]
		if strings.TrimSpace(line) == "" || indentOf(line) != indent || beginsAnew(line) {
			break
		}
		block.Lines = append(block.Lines, line[indent:])
	}
	if hasHardBreak(block.Lines) || slices.ContainsFunc(block.Lines, aligned.MatchString) {
		block.Kind = Table
	}
	s.blocks = append(s.blocks, *block)
}

func beginsAnew(line string) bool {
	text := strings.TrimLeft(line, " ")
	return bullet.MatchString(line) || fence.MatchString(line) || linkLine.MatchString(line) ||
		strings.HasPrefix(text, "|") || strings.HasPrefix(text, "#") || strings.HasPrefix(text, ">") ||
		strings.HasPrefix(text, "\t") || rule.MatchString(line)
}

// hasHardBreak recognises Markdown's two spaces, or a backslash, at the end of a line
// that is not the last.
func hasHardBreak(lines []string) bool {
	for _, line := range lines[:len(lines)-1] {
		if strings.HasSuffix(line, "  ") || strings.HasSuffix(line, `\`) {
			return true
		}
	}
	return false
}

func indentOf(line string) int {
	return len(line) - len(strings.TrimLeft(line, " "))
}
