// Package prose finds the sentences in a file: Go comments and texts, comments of SQL and
// YAML, paragraphs of Markdown. The linter (tools/words) reads what it finds, and the
// wrapper (tools/wrap) fills it anew. Code, directives and expected output are not prose.
package prose

import (
	"bytes"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Width is the number of columns that a line of prose may have.
const Width = 90

// Tab is the number of columns that a tab counts for.
const Tab = 4

// Columns is how wide a line is.
func Columns(line string) int {
	return utf8.RuneCountInString(line) + (Tab-1)*strings.Count(line, "\t")
}

// A Kind says how a block may be treated.
type Kind int

const (
	Fixed   Kind = iota // code, directives, front matter: neither read nor touched
	Text                // sentences that can be filled anew
	Item                // the same, behind a bullet or a number
	Table               // sentences in cells, which have no width
	Heading             // one line
	Literal             // a text of the program itself, in quotes
)

// A Block is consecutive lines of one kind.
type Block struct {
	Kind  Kind
	First int // number of the first line in the file, from 1

	// Lead stands before the text of every line but the first, which has Begin: both are
	// the same but for an item's bullet.
	Begin, Lead string

	Lines []string // without Begin and Lead
}

// Line is a whole line of the block as it stands in the file.
func (b Block) Line(i int) string {
	if i == 0 {
		return b.Begin + b.Lines[i]
	}
	return b.Lead + b.Lines[i]
}

// Blocks are all blocks of a file, in order. Files of other kinds, and generated ones,
// have none.
func Blocks(path string, content []byte) ([]Block, error) {
	if IsGenerated(content) {
		return nil, nil
	}
	switch filepath.Ext(path) {
	case ".go":
		return goBlocks(path, content)
	case ".sql":
		return commentBlocks(content, "--"), nil
	case ".yaml", ".yml":
		return commentBlocks(content, "#"), nil
	case ".md":
		return Split(strings.Split(string(content), "\n"), 1, "", Markdown), nil
	}
	return nil, nil
}

// IsGenerated recognises the line that the go command defines for generated files.
func IsGenerated(content []byte) bool {
	for line := range bytes.Lines(content) {
		line = bytes.TrimRight(line, "\r\n")
		for _, mark := range []string{"// ", "-- ", "# "} {
			rest, ok := bytes.CutPrefix(line, []byte(mark+"Code generated "))
			if ok && bytes.HasSuffix(rest, []byte(" DO NOT EDIT.")) {
				return true
			}
		}
	}
	return false
}

// commentBlocks finds comments that have lines to themselves. A comment behind code is
// left to the code.
func commentBlocks(content []byte, mark string) []Block {
	var blocks []Block
	lines := strings.Split(string(content), "\n")
	for i := 0; i < len(lines); {
		indent, ok := commentIndent(lines[i], mark)
		if !ok {
			i++
			continue
		}
		prefix := indent + mark
		var texts []string
		first := i
		for ; i < len(lines) && strings.HasPrefix(lines[i], prefix); i++ {
			texts = append(texts, strings.TrimPrefix(lines[i], prefix))
		}
		blocks = append(blocks, splitComment(texts, first+1, prefix)...)
	}
	return blocks
}

func commentIndent(line, mark string) (string, bool) {
	text := strings.TrimLeft(line, " \t")
	return line[:len(line)-len(text)], strings.HasPrefix(text, mark)
}
