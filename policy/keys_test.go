package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// termKeys are the paths of all keys that terms may have, as the parser's own tables say,
// from its source: a mapping is read with a literal of type `fields`, and what a key's
// value is read with is a method of the reader's again. Where the keys are names of the
// parties' own there is a star.
func termKeys(t *testing.T) []string {
	t.Helper()
	methods := readerMethods(t)
	if methods["terms"] == nil {
		t.Fatal("the parser has no method terms")
	}
	keys := slices.Sorted(maps.Keys(keysIn(methods, methods["terms"].Body)))
	if len(keys) < 60 {
		t.Fatalf("only %d keys were found: %v", len(keys), keys)
	}
	return keys
}

// readerMethods are the methods of the type reader, by their names.
func readerMethods(t *testing.T) map[string]*ast.FuncDecl {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]*ast.FuncDecl{}
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range source.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok && star.X.(*ast.Ident).Name == "reader" {
				methods[f.Name.Name] = f
			}
		}
	}
	return methods
}

// keysIn are the paths of the keys that a piece of the parser reads, those of what it
// calls included.
func keysIn(methods map[string]*ast.FuncDecl, part ast.Node) map[string]bool {
	keys := map[string]bool{}
	prefix := ""
	ast.Inspect(part, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			name, ok := n.Type.(*ast.Ident)
			if !ok || name.Name != "fields" {
				return true
			}
			for _, e := range n.Elts {
				pair := e.(*ast.KeyValueExpr)
				key, _ := strconv.Unquote(pair.Key.(*ast.BasicLit).Value)
				keys[key] = true
				for below := range keysIn(methods, pair.Value) {
					keys[key+"."+below] = true
				}
			}
			return false
		case *ast.CallExpr:
			method, ok := n.Fun.(*ast.SelectorExpr)
			switch {
			case !ok:
			case method.Sel.Name == "entries":
				prefix = "*." // what is called within reads the entry of any name
			case method.Sel.Name != "mapping" && methods[method.Sel.Name] != nil:
				for below := range keysIn(methods, methods[method.Sel.Name].Body) {
					keys[prefix+below] = true
				}
			}
		}
		return true
	})
	return keys
}

// docs/contracts.md has every key of terms, and no other.
func TestEveryTermIsExplained(t *testing.T) {
	page, err := os.ReadFile("../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## What a term does")
	section, _, found := strings.Cut(section, "## Reasons")
	if !found {
		t.Fatal("the page has no table of terms")
	}
	documented := map[string]bool{}
	for _, line := range strings.Split(section, "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		first, _, _ := strings.Cut(line[1:], "|")
		for _, code := range regexp.MustCompile("`[^`]+`").FindAllString(first, -1) {
			path := strings.NewReplacer("`", "", ".NAME", ".*", ".ROLE", ".*").Replace(code)
			for path != "" { // with the keys that it is under
				documented[path] = true
				path = strings.TrimSuffix(path[:max(0, strings.LastIndex(path, "."))], ".*")
			}
		}
	}
	delete(documented, "classes.*")
	if diff := cmp.Diff(termKeys(t), slices.Sorted(maps.Keys(documented))); diff != "" {
		t.Errorf("keys of the parser (-) and of docs/contracts.md (+):\n%s", diff)
	}
}
