// Package docs_test holds the pages in docs to each other and to the files they name.
package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/tools/prose"
)

const root = "../.."

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	title  = regexp.MustCompile(`^# (\d+)\. (.+)\n\n- Date: (\d{4}-\d\d-\d\d)\n- Status: (.)([^:\n]*)`)
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	linked = regexp.MustCompile(`\[(\d{4})\]\([^)]*\)`)
)

// Every decision stands in the index, in order, with its own title, date and status.
func TestTheIndexOfDecisionsIsWhole(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(root, "docs/decisions/*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	slices.Sort(paths)
	var want []string
	for i, path := range paths {
		name := filepath.Base(path)
		m := title.FindStringSubmatch(read(t, "docs/decisions/"+name))
		if m == nil || m[1] != fmt.Sprint(i+1) || !strings.HasPrefix(name, fmt.Sprintf("%04d-", i+1)) {
			t.Errorf("%s: want the number %d in its name and \"# %d. Title\", a date and a status at its head",
				name, i+1, i+1)
			continue
		}
		status := linked.ReplaceAllString(strings.ToLower(m[4])+m[5], "$1")
		want = append(want, fmt.Sprintf("| [%04d](decisions/%s) | %s | %s | %s |", i+1, name, m[2], m[3], status))
	}
	var got []string
	for line := range strings.Lines(read(t, "docs/decisions.md")) {
		if strings.HasPrefix(line, "| [") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the index should be:\n%s", strings.Join(want, "\n"))
	}
}

var (
	required = regexp.MustCompile(`^\t(\S+) v\S+$`)
	version  = regexp.MustCompile(`/v\d+$`)
)

// nameOf is what the page calls a module by: the repository's own name, or all of a path
// that is not GitHub's.
func nameOf(module string) string {
	if path, ok := strings.CutPrefix(module, "github.com/"); ok {
		return strings.Split(path, "/")[1]
	}
	return strings.TrimPrefix(version.ReplaceAllString(module, ""), "golang.org/")
}

// A dependency without a line came in without a reason.
func TestEveryDependencyHasItsReason(t *testing.T) {
	page := read(t, "docs/decisions.md")
	_, table, ok := strings.Cut(page, "## Dependencies")
	if !ok {
		t.Fatal("docs/decisions.md has no section Dependencies")
	}
	found := 0
	for line := range strings.Lines(read(t, "go.mod")) {
		m := required.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		found++
		name := nameOf(m[1])
		if !strings.Contains(table, name) {
			t.Errorf("docs/decisions.md, Dependencies, has no line for %s", m[1])
		}
	}
	if found < 10 {
		t.Errorf("only %d direct dependencies found in go.mod", found)
	}
}

// A link to a file that is not there sends the reader nowhere.
func TestLinksBetweenPagesLead(t *testing.T) {
	paths, err := prose.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if filepath.Ext(path) != ".md" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			to, _, _ := strings.Cut(m[1], "#")
			if to == "" || strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), filepath.FromSlash(to))); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	}
}

var (
	named   = regexp.MustCompile("`([a-z0-9_./-]+\\.(?:go|sql|yaml|json|txt|svg|md))`")
	roomRow = regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\|.*\\| (`.*`) \\|$")
)

// The pages that show the way name files, which must be there. In a table of rooms a name
// without a folder is a file of the room.
func TestFilesThatPagesNameAreThere(t *testing.T) {
	found := 0
	for _, page := range []string{"CONTRIBUTING.md", "docs/architecture.md", "docs/testing.md",
		"docs/life-of-a-document.md"} {
		text := read(t, page)
		var paths []string
		for _, row := range roomRow.FindAllStringSubmatch(text, -1) {
			for _, m := range named.FindAllStringSubmatch(row[2], -1) {
				paths = append(paths, row[1]+"/"+m[1])
			}
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "/") {
				paths = append(paths, m[1])
			}
		}
		for _, path := range paths {
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(path))); err != nil {
				t.Errorf("%s names %s, which is not there", page, path)
			}
		}
		found += len(paths)
	}
	if found < 40 {
		t.Errorf("only %d files found", found)
	}
}
