package prose

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// goBlocks finds comments, and, outside tests, the texts that the program shows.
func goBlocks(path string, content []byte) ([]Block, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	source := goSource{files: files, lines: strings.Split(string(content), "\n")}
	expected := outputs(file)
	for _, group := range file.Comments {
		if !slices.Contains(expected, group) {
			source.group(group)
		}
	}
	if !strings.HasSuffix(path, "_test.go") {
		source.literals(file)
	}
	slices.SortStableFunc(source.blocks, func(a, b Block) int { return cmp.Compare(a.First, b.First) })
	return source.blocks, nil
}

type goSource struct {
	files  *token.FileSet
	lines  []string
	blocks []Block
}

// group splits a group of comments. One that stands behind code is a block by itself
// whose code does not count; one of the form /* */ is left alone.
func (s *goSource) group(group *ast.CommentGroup) {
	for i := 0; i < len(group.List); {
		at := s.files.Position(group.List[i].Pos())
		before := s.lines[at.Line-1][:at.Column-1]
		if !strings.HasPrefix(group.List[i].Text, "//") {
			i++
			continue
		}
		if strings.TrimSpace(before) != "" {
			s.blocks = append(s.blocks, Block{Kind: Table, First: at.Line,
				Lines: []string{strings.TrimPrefix(group.List[i].Text, "//")}})
			i++
			continue
		}
		prefix := before + "//"
		var texts []string
		for ; i < len(group.List) && strings.HasPrefix(s.lineOf(group.List[i]), prefix); i++ {
			texts = append(texts, strings.TrimPrefix(group.List[i].Text, "//"))
		}
		s.blocks = append(s.blocks, splitComment(texts, at.Line, prefix)...)
	}
}

func (s *goSource) lineOf(comment *ast.Comment) string {
	return s.lines[s.files.Position(comment.Pos()).Line-1]
}

// literals finds quoted texts with more than one word, which are what people are shown.
// Imports and the tags of struct fields are none.
func (s *goSource) literals(file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if node.Tag != nil {
				node.Tag.Value = `""`
			}
		case *ast.BasicLit:
			s.literal(node)
		}
		return true
	})
}

func (s *goSource) literal(node *ast.BasicLit) {
	if node.Kind != token.STRING {
		return
	}
	text, err := strconv.Unquote(node.Value)
	if err == nil && strings.Contains(strings.TrimSpace(text), " ") {
		s.blocks = append(s.blocks, Block{Kind: Literal, First: s.files.Position(node.Pos()).Line,
			Lines: strings.Split(text, "\n")})
	}
}

// outputs are the comments that say what an example prints.
func outputs(file *ast.File) []*ast.CommentGroup {
	var found []*ast.CommentGroup
	for _, declared := range file.Decls {
		f, ok := declared.(*ast.FuncDecl)
		if !ok || f.Body == nil || !strings.HasPrefix(f.Name.Name, "Example") {
			continue
		}
		for _, group := range file.Comments {
			if f.Body.Pos() < group.Pos() && group.End() <= f.Body.End() && isOutput(group.Text()) {
				found = append(found, group)
			}
		}
	}
	return found
}

func isOutput(text string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:")
}
