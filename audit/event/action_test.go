package event_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
)

// The actions that policies decide on are the words of the catalogue. The packages do not
// import each other, so the test reads the source.
func TestCatalogueHasThePolicysWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../policy/action.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	ast.Inspect(file, func(n ast.Node) bool {
		if _, isImport := n.(*ast.ImportSpec); isImport {
			return false
		}
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			word, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, word)
		}
		return true
	})
	var got []string
	for _, entry := range event.Catalogue() {
		got = append(got, string(entry.Action))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions (-policy +catalogue):\n%s", diff)
	}
}

// Every word of the catalogue can stand in a leaf, once, and is explained.
func TestCatalogue(t *testing.T) {
	seen := map[event.Action]bool{}
	for _, entry := range event.Catalogue() {
		e := least()
		e.Action = entry.Action
		if _, err := e.Leaf(); err != nil {
			t.Errorf("%s: %v", entry.Action, err)
		}
		if seen[entry.Action] || !entry.Action.Known() || entry.Description == "" {
			t.Errorf("%s: twice, unknown or not explained", entry.Action)
		}
		seen[entry.Action] = true
	}
	if event.Action("document.destroy-all").Known() {
		t.Error("an action outside the catalogue is known")
	}
}

func TestNewID(t *testing.T) {
	e := least()
	e.ID = event.NewID()
	if _, err := e.Leaf(); err != nil {
		t.Errorf("%s: %v", e.ID, err)
	}
	if e.ID == event.NewID() {
		t.Error("two identifiers are the same")
	}
}
