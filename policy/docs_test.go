package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// docs/contracts.md explains every reason of a refusal.
func TestEveryReasonIsExplained(t *testing.T) {
	page, err := os.ReadFile("../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, reasons, found := strings.Cut(string(page), "## Reasons")
	if !found {
		t.Fatal("the page has no list of reasons")
	}
	source, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	ast.Inspect(source, func(n ast.Node) bool {
		if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
			codes++
			if code := "`" + strings.Trim(text.Value, `"`) + "`"; !strings.Contains(reasons, code) {
				t.Errorf("%s is not explained", code)
			}
		}
		return true
	})
	if codes < 25 {
		t.Errorf("found only %d reasons", codes)
	}
}
