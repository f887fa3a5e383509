package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// lookAlikes are texts that are not the identifier id, though they look like it or a
// parser may read them as it.
func lookAlikes(id string) map[string]string {
	first, rest := id[:1], id[1:]
	fullWidth := string([]rune(first)[0] - 'a' + 'ａ')
	return map[string]string{
		"upper case":            strings.ToUpper(id),
		"a full-width letter":   fullWidth + rest,
		"a Cyrillic letter":     id[:len(id)-1] + "а",
		"a combining accent":    id + "\u0301",
		"a composed letter":     id[:len(id)-1] + "\u00e9",
		"a zero width space":    id[:5] + "\u200b" + id[5:],
		"a direction mark":      "\u202e" + id,
		"a byte order mark":     "\ufeff" + id,
		"a full-width low line": first + "＿" + rest[1:],
		"NUL":                   id + "\x00",
		"a line feed":           id + "\n",
		"a space before":        " " + id,
		"a space after":         id + " ",
		"one letter less":       id[:len(id)-1],
		"one letter more":       id + "a",
		"a digit not used":      id[:len(id)-1] + "1",
		"another kind":          "z" + rest,
		"no kind":               rest[1:],
		"escaped twice":         id[:len(id)-1] + "%61",
		"a parent":              "..",
		"a path":                id + "/..",
		"a pattern":             "*",
		"a statement":           "' OR 1=1 --",
		"very long":             first + "_" + strings.Repeat("a", 9_000),
	}
}

// listsByReference are the operations whose cursor is a reference of a document.
var listsByReference = []string{"listDocuments", "listReceipts"}

// noReferences are texts that are no valid reference.
var noReferences = map[string]string{
	"composed": "caf\u00e9", "decomposed": "cafe\u0301", "full width": "ａ", "Cyrillic": "а", "a zero width space": "a\u200bb",
	"a direction mark": "a\u202eb", "NUL": "a\x00", "a line feed": "a\nb", "a space": "a b", "a slash": "a/b", "a parent": "..",
	"two dots": "a..b", "a leading dot": ".a", "a percent sign": "a%41", "a statement": "' OR 1=1 --", "very long": strings.Repeat("a", 256),
}

// The test asks every operation of the OpenAPI document, as a person who may do it, with
// every look-alike of every identifier that it takes, in path, query and body. All are
// refused, none is stored, and none gets into the ledger.
func TestOnlyIdentifiersNameAnything(t *testing.T) {
	needs.NoRace(t, "one client, one request after the other")
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Database: db}))
		a := &asker{service: s, m: readMatrix(t), routes: routes(t)}
		a.ours, a.other = a.newSide(t, "A"), a.newSide(t, "B")
		ours := a.newFixture(t, a.ours, "active")
		s.furnish(t, route{path: "{hold}{erasure}"}, ours)
		before, asked := rowsOf(t, db), 0
		all := identifiers(t)
		for _, operation := range slices.Sorted(maps.Keys(all)) {
			for _, i := range all[operation] {
				for name, value := range lookAlikes(i.of(ours)) {
					a.wantRefused(t, operation, ours, i, name, value)
					asked++
				}
			}
		}
		references := map[string]identifier{"openBatch": {in: "body", name: "reference"}, "uploadDocument": {in: "path", name: "reference"}}
		for _, operation := range listsByReference {
			references[operation] = identifier{in: "query", name: "after"}
		}
		for operation, i := range references {
			for name, value := range noReferences {
				a.wantRefused(t, operation, ours, i, name, value)
			}
		}
		for _, operation := range withCursor(t) {
			for name, value := range lookAlikes("c_aaaaaaaaaaaaaaaaaaaaaaaaaa") {
				a.wantRefused(t, operation, ours, identifier{in: "query", name: "after"}, name, value)
			}
		}
		if diff := cmp.Diff(before, rowsOf(t, db)); diff != "" {
			t.Errorf("something was stored (-before +after):\n%s", diff)
		}
		for _, ledger := range []string{"operator", string(a.ours.client)} {
			wantPlainLedger(t, s, ledger)
		}
		if asked < 1000 {
			t.Errorf("only %d requests were made", asked)
		}
	})
}

// wantRefused makes the request of the operation with another value for one of its
// identifiers.
func (a *asker) wantRefused(t *testing.T, operation string, c *fixture, i identifier, name, value string) {
	t.Helper()
	role := ""
	for _, r := range roles {
		if o := a.m.cells[cell{operation, r, "active"}]; role == "" && o.status > 0 && o.allowed() {
			role = r
		}
	}
	if role == "" {
		role = "proposer" // no role may in this state
	}
	got := a.do(t, a.askWith(t, cell{operation, role, "active"}, c, i, value))
	if got.StatusCode != http.StatusBadRequest && got.StatusCode != http.StatusNotFound {
		t.Errorf("%s by %s: %s in %s %s: %d %.300s", operation, role, name, i.in, i.name, got.StatusCode, got.body)
	}
}

// rowsOf are the numbers of rows in each table of the product. The ledger has tables of
// its own, which keep refusals.
func rowsOf(t *testing.T, db *database.DB) map[string]int {
	t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if db.PostgreSQL() {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	names, err := db.Reader().QueryContext(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	rows := map[string]int{}
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "audit_") && !strings.HasPrefix(name, "sequencer") {
			rows[name] = 0
		}
	}
	if err := names.Err(); err != nil || len(rows) < 15 {
		t.Fatalf("%d tables, %v", len(rows), err)
	}
	for name := range rows {
		var n int
		if err := db.Reader().QueryRowContext(t.Context(), fmt.Sprintf(`SELECT COUNT(*) FROM %q`, name)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		rows[name] = n
	}
	return rows
}

// wantPlainLedger reads all of a ledger: no refused text is in it, not even in its
// erasable data.
func wantPlainLedger(t *testing.T, s *service, ledger string) {
	t.Helper()
	q := ask.Query{Ledger: ledger, Limit: 500}
	for {
		events, next, err := s.Ledger.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsFunc(string(text), func(r rune) bool { return r > '~' }) || strings.Contains(string(text), "OR 1=1") || strings.Contains(string(text), `\u0000`) {
				t.Errorf("ledger %s has %s", ledger, text)
			}
		}
		if next == "" {
			return
		}
		q.Cursor = next
	}
}

// withCursor are the operations that continue after an identifier, or a number, that an
// earlier page gave. Documents are listed by reference.
func withCursor(t *testing.T) (operations []string) {
	t.Helper()
	for _, item := range specification(t).Model.Paths.PathItems.FromOldest() {
		for _, operation := range item.GetOperations().FromOldest() {
			after := slices.ContainsFunc(operation.Parameters, func(p *v3.Parameter) bool { return p.Name == "after" })
			if after && !slices.Contains(listsByReference, operation.OperationId) {
				operations = append(operations, operation.OperationId)
			}
		}
	}
	if len(operations) == 0 {
		t.Fatal("no operation lists anything")
	}
	return operations
}
