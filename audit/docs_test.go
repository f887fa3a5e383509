package audit_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
)

// handbook is the section of docs/audit.md under a heading.
func handbook(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("the handbook has no %q", heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

// The table in the handbook is the catalogue, line by line. A failure prints the table as
// it should be.
func TestTheHandbookHasTheCatalogue(t *testing.T) {
	var table strings.Builder
	for _, kind := range event.Kinds() {
		for _, e := range event.Catalogue() {
			if e.Action.Kind() == kind {
				fmt.Fprintf(&table, "| `%s` | %s | %s |\n", e.Action, kind, e.Description)
			}
		}
	}
	_, got, _ := strings.Cut(handbook(t, "Actions"), "| action | kind | means |\n|---|---|---|\n")
	got, _, _ = strings.Cut(got, "\n\n") // the end of the table
	if strings.TrimSpace(got) != strings.TrimSpace(table.String()) {
		t.Errorf("docs/audit.md, Actions, should be:\n%s", table.String())
	}
}

func TestTheHandbookHasEveryQuestion(t *testing.T) {
	part := handbook(t, "Questions by name")
	var described []string
	for _, m := range regexp.MustCompile("(?m)^### `([a-z-]+)`$").FindAllStringSubmatch(part, -1) {
		described = append(described, m[1])
	}
	var names []string
	for _, q := range ask.Questions() {
		names = append(names, q.Name)
		_, rest, _ := strings.Cut(part, "### `"+q.Name+"`\n")
		text, _, _ := strings.Cut(rest, "\n### ")
		text = strings.Join(strings.Fields(text), " ") // a sentence may go over lines
		for _, needed := range []string{q.Answers, "bordereau audit ask " + q.Name} {
			if !strings.Contains(text, needed) {
				t.Errorf("%s: the handbook does not say %q", q.Name, needed)
			}
		}
		for _, p := range q.Parameters {
			if !strings.Contains(text, "--"+p.Name) {
				t.Errorf("%s: the handbook does not explain --%s", q.Name, p.Name)
			}
		}
	}
	if !reflect.DeepEqual(names, described) {
		t.Errorf("questions %v, described %v", names, described)
	}
}

// Every filter of a query is in the handbook.
func TestTheHandbookHasEveryFilter(t *testing.T) {
	part := handbook(t, "Filters")
	for field := range reflect.TypeFor[ask.Query]().Fields() {
		name := strings.ToLower(field.Name)
		switch name {
		case "cursor":
			name = "after" // as the API calls it
		}
		if !strings.Contains(part, "| `"+name+"` |") {
			t.Errorf("the handbook does not explain the filter %s", name)
		}
	}
}

func TestTheHandbookHasTheRetention(t *testing.T) {
	part := handbook(t, "Retention")
	for _, r := range event.Retentions() {
		if row := fmt.Sprintf("| `%s` | %d | %d | %d |", r.Class, r.Floor, r.Default, r.Ceiling); !strings.Contains(part, row) {
			t.Errorf("docs/audit.md, Retention, should have %s", row)
		}
	}
}

func TestTheHandbookHasThePhases(t *testing.T) {
	part := handbook(t, "What an event says")
	for _, word := range []string{"state", "grant", "completed", "aborted", "unknown", "allow", "deny", "error"} {
		if !strings.Contains(part, "`"+word+"`") {
			t.Errorf("the handbook does not explain %s", word)
		}
	}
}
