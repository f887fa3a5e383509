package rooms_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A way is a method or a type by which a package begins a transaction, or reaches the
// database or the ledger at all. Only the packages named may use it.
type way struct {
	name  string // of the method, or of the type in gateway/database or audit
	knows []string
	why   string
}

var ways = []way{
	{"InTx", []string{"gateway/choke", "gateway/database"},
		"an act that was not decided and recorded must have no transaction"},
	{"Begin", []string{"audit", "gateway/database"},
		"the ledger keeps its own tables; all other code goes through gateway/choke"},
	{"BeginTx", []string{"audit", "gateway/database"},
		"the ledger keeps its own tables; all other code goes through gateway/choke"},
	{"Writer", []string{"gateway/installation", "gateway/gatewaytest", "gateway/database"},
		"a pool is handed to the ledger when it is opened, and to nothing else"},
	{"DB", []string{"gateway", "gateway/choke", "gateway/installation", "gateway/gatewaytest", "gateway/database", "cmd/bordereau"},
		"a room that holds the database could go round gateway/choke"},
	{"Ledger", []string{"gateway", "gateway/choke", "gateway/erasing", "gateway/upkeep", "gateway/installation", "gateway/gatewaytest", "audit"},
		"a room that only asks has an ask.Asker, which cannot write"},
}

// oneDoor are the rooms that have the door for callers alone: what they read was asked
// for by an act that was allowed and recorded.
var oneDoor = []string{"gateway/explain"}

// A step is a function that takes a transaction in which nothing is recorded
// (choke.Owner.Step). It finishes an act that was recorded before, or keeps the gateway's
// own books.
type step struct {
	place string // package and function
	why   string
}

var steps = []step{
	{"transfer.Transfers.touch", "that an upload still runs; the upload was granted"},
	{"transfer.Transfers.clear", "that the object of an abandoned upload is deleted; that it was abandoned is recorded"},
	{"erasing.Erasures.eraseHeaders", "the headers of a contract whose erasure was decided and recorded"},
	{"erasing.Erasures.eraseObject", "that an erased document's object is gone; the certificate counts them"},
	{"erasing.Erasures.journalErasure", "that a decided erasure is in the journal"},
	{"erasing.Erasures.erasePerson", "that nothing is left of a person's erasable data; each batch of it was recorded"},
	{"upkeep.Upkeep.claimStoreSweep", "which gateway looks through the store; what it removes is recorded"},
	{"keys.Keeper.Announce", "which gateways run, with which roots"},
	{"keys.Keeper.leave", "which gateways run"},
	{"keys.rewrapper.replace", "headers for the key of a rotation that was recorded"},
}

func TestOnlyTheDoorBeginsTransactions(t *testing.T) {
	found := map[string]bool{}
	for name, file := range sources(t) {
		pkg := filepath.ToSlash(filepath.Dir(name))
		if strings.HasPrefix(pkg, "tools") {
			continue
		}
		for _, violation := range transactions(pkg, file, found) {
			t.Errorf("%s: %s", name, violation)
		}
	}
	for _, s := range steps {
		if !found[s.place] {
			t.Errorf("%s takes no step any more: take it off the list", s.place)
		}
	}
}

// sources parses every file of the module that is not a test.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && isOutside(name, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		within, err := filepath.Rel(root, name)
		files[within] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// transactions lists the places where a file of a package begins a transaction or reaches
// the database, and may not. It adds the places that take a step to found. It goes by
// names and not by types: a method of another type that has one of these names must be
// renamed.
func transactions(pkg string, file *ast.File, found map[string]bool) []string {
	var violations []string
	for _, d := range file.Decls {
		place := path.Base(pkg) + "." + nameOf(d)
		called := map[ast.Expr]bool{} // without arguments
		ast.Inspect(d, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 0 {
				called[call.Fun] = true
			}
			selector, ok := n.(*ast.SelectorExpr)
			if !ok || (selector.Sel.Name == "Writer" || selector.Sel.Name == "Begin") && !called[selector] {
				return true // io.Writer is a type, and durable.Begin begins a file
			}
			if selector.Sel.Name == "DB" && !isNamed(selector.X, "database") {
				return true // Writer gives the sql.DB, and Writer is watched
			}
			if selector.Sel.Name == "Ledger" && !isNamed(selector.X, "audit") {
				return true // a field or a parameter
			}
			if selector.Sel.Name == "Owner" && isNamed(selector.X, "choke") && slices.Contains(oneDoor, pkg) {
				violations = append(violations, place+" has the door of the machine's owner, and its room has the door for callers alone")
			}
			for _, w := range ways {
				if w.name == selector.Sel.Name && !w.isKnownTo(pkg) {
					violations = append(violations, fmt.Sprintf("%s uses %s: %s", place, w.name, w.why))
				}
			}
			if selector.Sel.Name != "Step" || pkg == "gateway/choke" {
				return true
			}
			found[place] = true
			if !slices.ContainsFunc(steps, func(s step) bool { return s.place == place }) {
				violations = append(violations, place+" takes a step that records nothing, and is not on the list: record it, or add it with its reason")
			}
			return true
		})
	}
	return violations
}

func (w way) isKnownTo(pkg string) bool {
	return slices.ContainsFunc(w.knows, func(known string) bool {
		return pkg == known || strings.HasPrefix(pkg, known+"/") && known != "gateway"
	})
}

// nameOf is a function's name, after its receiver's type.
func nameOf(d ast.Decl) string {
	f, ok := d.(*ast.FuncDecl)
	if !ok {
		return "declaration"
	}
	if f.Recv == nil {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if index, ok := receiver.(*ast.IndexExpr); ok {
		receiver = index.X
	}
	if id, ok := receiver.(*ast.Ident); ok {
		return id.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

func isNamed(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

// The rules are tried on code that no file has.
func TestTransactions(t *testing.T) {
	for _, tt := range []struct {
		pkg, code string
		good      bool
	}{
		{"gateway/choke", "func (d *Door) Do() { d.db.InTx(ctx, f) }", true},
		{"gateway", "func (g *Gateway) Upload() { g.db.InTx(ctx, f) }", false},
		{"gateway/work", "func open(db beginner) { run := db.InTx; run(ctx, f) }", false},
		{"audit", "func (l *Ledger) turn() { l.writer.BeginTx(ctx, nil) }", true},
		{"audit/publish", "func (p *Publisher) turn() { p.db.BeginTx(ctx, nil) }", true},
		{"gateway/httpapi", "func begin() { pool.Begin() }", false},
		{"gateway/people", "type desk struct { db *database.DB }", false},
		{"gateway", "type Config struct { Database *database.DB }", true},
		{"gateway/work", "type pool struct { db *sql.DB }", true},
		{"cmd/bordereau", "func run() { in.Database.Writer().Exec(q) }", false},
		{"gateway/choke", "func (o *Owner) Step() { o.door.db.InTx(ctx, f) }", true},
		{"gateway/work", "func (d *Desk) touch() { d.owner.Step(ctx, f) }", false},
		{"gateway/work", "func touch() { go owner.Step(ctx, f) }", false},
		{"gateway/evidence", "type Config struct { Ledger *audit.Ledger }", false},
		{"gateway/evidence", "func of(q Query) string { return q.Ledger }", true},
		{"gateway/erasing", "type Config struct { Ledger *audit.Ledger }", true},
		{"gateway/explain", "type Explanations struct { owner *choke.Owner }", false},
		{"gateway/explain", "type Explanations struct { door *choke.Door }", true},
		{"gateway/work", "type desk struct { owner *choke.Owner }", true},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+tt.code, 0)
		if err != nil {
			t.Fatal(err)
		}
		if violations := transactions(tt.pkg, file, map[string]bool{}); (len(violations) == 0) != tt.good {
			t.Errorf("%s: %s: %v", tt.pkg, tt.code, violations)
		}
	}
}
