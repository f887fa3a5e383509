package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/policy"
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

// The table has every key that the parser reads, and no other.
func TestTheTableHasTheParsersKeys(t *testing.T) {
	stars := strings.NewReplacer(".NAME", ".*", ".ROLE", ".*")
	var got []string
	for _, k := range policy.Keys() {
		if path := stars.Replace(k.Path); !strings.HasSuffix(path, "*") {
			got = append(got, path)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(termKeys(t), got); diff != "" {
		t.Errorf("keys of the parser (-) and of the table (+):\n%s", diff)
	}
}

// A recorded term refuses nothing, and a refusal is one of the reasons.
func TestEveryKeyIsExplained(t *testing.T) {
	var known []policy.Reason
	for _, r := range policy.Reasons() {
		known = append(known, r.Reason)
	}
	for _, k := range policy.Keys() {
		if k.Does == "" || k.Recorded && len(k.Refusals) > 0 {
			t.Errorf("%s: has no explanation, or is recorded and refuses", k.Path)
		}
		for _, r := range k.Refusals {
			if !slices.Contains(known, r) {
				t.Errorf("%s: %s is no reason", k.Path, r)
			}
		}
	}
}
