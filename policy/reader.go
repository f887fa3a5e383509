package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxText     = 64 << 10 // bytes of the terms' text
	maxProblems = 50       // the most that one reading reports
)

// reader reads the nodes of a YAML document into Go values and keeps the problems. It
// reads nodes and not structs, because only nodes have lines. A decoder would also accept
// a key given twice, or read `NO` as a boolean.
type reader struct {
	problems []Problem
	given    map[string]int // line of every key with a value, by path
}

// place is one node of the text with the path that leads to it.
type place struct {
	path string
	node *yaml.Node
}

// field reads the value at one place.
type field func(place)

// fields are the keys that a mapping may have.
type fields map[string]field

// readDocument parses the text into its one document's root.
func readDocument(text []byte) (*yaml.Node, *Problem) {
	if len(text) > maxText {
		return nil, &Problem{Detail: fmt.Sprintf("the text is longer than %d bytes", maxText)}
	}
	if !utf8.Valid(text) {
		return nil, &Problem{Detail: "the text is not UTF-8"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, &Problem{Detail: "the text is empty"}
	} else if err != nil {
		return nil, syntaxProblem(err)
	}
	if err := decoder.Decode(&more); err == nil {
		return nil, &Problem{Line: more.Line, Detail: "the text has several documents"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxProblem(err)
	}
	return document.Content[0], nil
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// syntaxProblem is a parser's error as a problem with its line.
func syntaxProblem(err error) *Problem {
	p := &Problem{Detail: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Detail = strings.TrimPrefix(err.Error(), m[0])
	}
	return p
}

func (r *reader) problem(at place, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{Path: at.path, Line: at.node.Line, Detail: fmt.Sprintf(format, args...)})
	}
}

// plain refuses anchors, aliases and tags: with them the text would not mean what it
// shows.
func (r *reader) plain(at place) bool {
	switch n := at.node; {
	case n.Kind == yaml.AliasNode:
		r.problem(at, "aliases are not allowed")
	case n.Anchor != "":
		r.problem(at, "anchors are not allowed")
	case n.Style&yaml.TaggedStyle != 0:
		r.problem(at, "tags are not allowed")
	default:
		return true
	}
	return false
}

// mapping reads the keys of a mapping, in the order of the text.
func (r *reader) mapping(at place, known fields) {
	r.entries(at, func(key string) field { return known[key] })
}

// entries reads the entries of a mapping. of gives the field for a key, or nil for an
// unknown key.
func (r *reader) entries(at place, of func(key string) field) {
	if !r.plain(at) {
		return
	}
	if at.node.Kind != yaml.MappingNode {
		r.problem(at, "must be a mapping of keys to values")
		return
	}
	seen := map[string]bool{}
	for pair := range slices.Chunk(at.node.Content, 2) {
		key, value := pair[0], pair[1]
		entry := place{join(at.path, key.Value), key}
		switch read := of(key.Value); {
		case !r.plain(entry):
		case key.Kind != yaml.ScalarNode || read == nil:
			r.problem(entry, "is not a known key")
		case seen[key.Value]:
			r.problem(entry, "is given twice")
		case value.Kind == yaml.ScalarNode && value.Tag == "!!null" && value.Anchor == "":
		default:
			r.given[entry.path] = key.Line
			read(place{entry.path, value})
		}
		seen[key.Value] = true
	}
}

// list reads the elements of a list of at most most.
func (r *reader) list(at place, most int, each field) {
	if !r.plain(at) {
		return
	}
	if at.node.Kind != yaml.SequenceNode {
		r.problem(at, "must be a list")
		return
	}
	if len(at.node.Content) > most {
		r.problem(at, "has more than %d entries", most)
		return
	}
	for i, n := range at.node.Content {
		each(place{fmt.Sprintf("%s[%d]", at.path, i), n})
	}
}

// scalar is the literal text of a value: `NO` is Norway and 007 keeps its zeros.
func (r *reader) scalar(at place) (string, bool) {
	if !r.plain(at) {
		return "", false
	}
	if at.node.Kind != yaml.ScalarNode {
		r.problem(at, "must be one value")
		return "", false
	}
	return at.node.Value, true
}

// join is the path of a key. A key outside the alphabet of names is not repeated: it may
// be any text.
func join(path, key string) string {
	if !isName(key) {
		key = "?"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
