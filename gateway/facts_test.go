package gateway_test

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// An erasure whose facts lack the holds is denied, although there is no hold. The ledger
// has the denial and the log has the defect.
func TestAnErasureThatForgetsTheHoldsIsDenied(t *testing.T) {
	var log bytes.Buffer
	w := gatewaytest.New(t, gatewaytest.Config{Forgetful: true, Logger: slog.New(slog.NewTextHandler(&log, nil))}).World(t)
	d := readable(t, w, 100)
	err := w.Gateway.EraseForgetfully(t.Context(), w.Manager, d.ID)
	if denied, ok := errors.AsType[*gateway.Denied](err); !ok || denied.Reason != policy.ReasonFactMissing {
		t.Fatalf("%v, want a denial for a fact that is missing", err)
	}
	events, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), gateway.EventQuery{Reason: "fact-missing"})
	if err != nil || len(events) != 1 || events[0].Outcome != event.OutcomeDeny || events[0].Action != "document.erase" {
		t.Errorf("the ledger has %v, %v", events, err)
	}
	if text := log.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, gatewaytest.LackedFacts) ||
		!strings.Contains(text, "action=document.erase") || !strings.Contains(text, "facts=Holds") {
		t.Errorf("the log has %q", text)
	}
	if _, err := w.Read(t, w.Handler, d.ID); err != nil {
		t.Errorf("the document is gone: %v", err)
	}
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, d.ID, "asked"); err != nil {
		t.Errorf("an erasure that reads the holds: %v", err)
	}
}

// A defect is shown as one, even where a denial is shown as ErrNotFound.
func TestASignInThatForgetsTheCredentialIsADefect(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{Forgetful: true})
	err := w.Gateway.SignInForgetfully(t.Context(), w.Operator)
	if denied, ok := errors.AsType[*gateway.Denied](err); !ok || denied.Reason != policy.ReasonFactMissing {
		t.Errorf("%v, want a denial for a fact that is missing", err)
	}
}

// A simulation whose facts lack a group is not answered.
func TestASimulationWithoutAGroupIsADefect(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{Forgetful: true}).World(t)
	f := policy.Facts{Action: policy.ActionBatchRead, Roles: []policy.Role{policy.RoleHandler}, MemberActive: true}
	_, err := w.Gateway.Simulate(t.Context(), w.Manager, w.Contract, 0, f)
	if denied, ok := errors.AsType[*gateway.Denied](err); !ok || denied.Reason != policy.ReasonFactMissing {
		t.Errorf("%v, want a denial for a fact that is missing", err)
	}
}

// A group of facts is written as a whole. Each act that fills a group must fill a new
// field, or set it to zero.
func TestGroupsOfFactsAreGivenWhole(t *testing.T) {
	fields := map[string][]string{}
	for group := range reflect.TypeFor[policy.Facts]().Fields() {
		if group.Type.Kind() != reflect.Pointer {
			continue
		}
		for field := range group.Type.Elem().Fields() {
			fields[group.Name] = append(fields[group.Name], field.Name)
		}
	}
	given := map[string]int{}
	inSources(t, func(n ast.Node, at token.Position) {
		group, keys := groupLiteral(n)
		want, ok := fields[group]
		if !ok {
			return
		}
		given[group]++
		if !slices.Equal(slices.Sorted(slices.Values(keys)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: policy.%s is given %v of %v", at, group, keys, want)
		}
	})
	for group := range fields {
		if given[group] == 0 {
			t.Errorf("the gateway never fills policy.%s", group)
		}
	}
}

// groupLiteral returns the type of package policy that this expression makes, and its
// keys. A new or a var has no keys.
func groupLiteral(n ast.Node) (group string, keys []string) {
	var typ ast.Expr
	var given []ast.Expr
	switch n := n.(type) {
	case *ast.CompositeLit:
		typ, given = n.Type, n.Elts
	case *ast.CallExpr:
		if nameOf(n.Fun) == "new" && len(n.Args) == 1 {
			typ = n.Args[0]
		}
	case *ast.ValueSpec:
		typ = n.Type
	}
	group, ok := strings.CutPrefix(nameOf(typ), "policy.")
	if !ok {
		return "", nil
	}
	for _, e := range given {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			keys = append(keys, nameOf(pair.Key))
		}
	}
	return group, keys
}

// Package policy alone decides. The gateway names a reason only to tell it from another.
func TestTheGatewayNamesNoReasonToDenyFor(t *testing.T) {
	literals := 0
	inSources(t, func(n ast.Node, at token.Position) {
		literal, ok := n.(*ast.CompositeLit)
		if !ok || !strings.HasSuffix(nameOf(literal.Type), "Denied") {
			return
		}
		literals++
		ast.Inspect(literal, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(nameOf(selector), "policy.Reason") {
				t.Errorf("%s: a denial for %s that package policy did not decide", at, nameOf(selector))
			}
			return true
		})
	})
	if literals < 3 {
		t.Fatalf("found %d denials", literals)
	}
}

// inSources visits every node of the files of the gateway's packages that are no tests.
func inSources(t *testing.T, visit func(n ast.Node, at token.Position)) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if n != nil {
				visit(n, files.Position(n.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return nameOf(e.X) + "." + e.Sel.Name
	}
	return ""
}
