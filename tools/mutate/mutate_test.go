package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const stanza = `
# A comment.
name: a/limit
promise: more than ten are refused
file: a.go
old: 	if n > 10 {
old: 		return false
new: 	if n > 11 {
new: 		return false
test: ./... ^TestLimit$
`

func TestParse(t *testing.T) {
	list, err := parse("a.txt", stanza+"\n"+strings.Replace(stanza, "a/limit", "a/other", 1))
	if err != nil || len(list) != 2 {
		t.Fatalf("%d stanzas: %v", len(list), err)
	}
	want := protection{Name: "a/limit", Promise: "more than ten are refused", File: "a.go",
		Old: "\tif n > 10 {\n\t\treturn false", New: "\tif n > 11 {\n\t\treturn false",
		Package: "./...", Run: "^TestLimit$", where: "a.txt:3"}
	if list[0] != want {
		t.Errorf("got %+v, want %+v", list[0], want)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, change := range map[string][2]string{
		"no name":                {"name: a/limit\n", ""},
		"no promise":             {"promise: more than ten are refused\n", ""},
		"no file":                {"file: a.go\n", ""},
		"no text":                {"old: 	if n > 10 {\nold: 		return false\n", ""},
		"no pattern":             {" ^TestLimit$", ""},
		"no change":              {"11", "10"},
		"an unknown key":         {"promise", "promises"},
		"a key twice":            {"file: a.go\n", "file: a.go\nfile: b.go\n"},
		"a line that has no key": {"file: a.go\n", "file: a.go\nfile\n"},
	} {
		if _, err := parse("a.txt", strings.Replace(stanza, change[0], change[1], 1)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTheListsOfTheRepositoryFollowTheCode(t *testing.T) {
	list, err := readLists("protections")
	if err != nil {
		t.Fatal(err)
	}
	r := runner{root: filepath.Join("..", ".."), scratch: t.TempDir()}
	for _, p := range list {
		if _, err := r.overlay(p); err != nil {
			t.Errorf("%s: %s: %v", p.where, p.Name, err)
		}
	}
}

// code and tests of a module that is made for one run. TestLimit holds the limit;
// TestNothing passes whatever the code does.
const (
	code = `package a

func Allowed(n int) bool {
	if n > 10 {
		return false
	}
	return true
}
`
	tests = `package a

import "testing"

func TestLimit(t *testing.T) {
	if Allowed(11) || !Allowed(10) {
		t.Error("no limit")
	}
}

func TestNothing(t *testing.T) {}
func TestSkipped(t *testing.T) { t.Skip() }
func TestBroken(t *testing.T)  { t.Error("always") }
`
)

func module(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the go command")
	}
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module a\n\ngo 1.26\n", "a.go": code, "a_test.go": tests} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestMutate(t *testing.T) {
	root := module(t)
	limit := strings.Replace(stanza, "n > 11", "n > 11 && n > 10", 1)
	survivor := strings.Replace(limit, "TestLimit", "TestNothing", 1)
	const why = "survives: no caller passes more\n"
	for name, tt := range map[string]struct {
		list, want string
		good       bool
	}{
		"a test goes red":    {limit, "1 of 1 red", true},
		"no test goes red":   {survivor, "no line \"survives\"", false},
		"too many survive":   {survivor + why, "0 of 1 red (0.0 %), 1 survive with a reason", false},
		"explained, but red": {limit + why, "take the line \"survives\" away", false},
		"the text is gone":   {strings.Replace(limit, "n > 10", "n > 9", 1), "text not found once in a.go, but 0 times", false},
		"the text is there twice": {"name: a\npromise: b\nfile: a.go\nold: return\nnew: panic\ntest: . ^TestLimit$\n",
			"but 2 times", false},
		"the file is gone":      {strings.Replace(limit, "a.go", "b.go", 1), "the file is not there", false},
		"it does not compile":   {strings.Replace(limit, "n > 11", "m > 11", 1), "does not compile: ", false},
		"there is no such test": {strings.Replace(limit, "TestLimit", "TestOther", 1), "0 tests ran", false},
		"the test is skipped":   {strings.Replace(limit, "TestLimit", "TestSkipped", 1), "1 were skipped", false},
		"the test fails anyway": {strings.Replace(limit, "TestLimit", "TestBroken", 1), "fails as the code stands", false},
		"no such package":       {strings.Replace(limit, "./...", "./b", 1), "does not compile", false},
	} {
		t.Run(name, func(t *testing.T) {
			lists := t.TempDir()
			if err := os.WriteFile(filepath.Join(lists, "a.txt"), []byte(tt.list), 0o644); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			good, err := mutate(context.Background(), &out, func(string) {},
				options{root: root, lists: lists, jobs: 1, timeout: time.Minute})
			if err != nil || good != tt.good || !strings.Contains(out.String(), tt.want) {
				t.Errorf("good %v, %v, want %q in:\n%s", good, err, tt.want, out.String())
			}
			if after, err := os.ReadFile(filepath.Join(root, "a.go")); err != nil || string(after) != code {
				t.Errorf("the code was changed: %v", err)
			}
		})
	}
}

// Of twenty, one may survive with a reason, and two may not.
func TestAShareOfNinetyFivePercentIsAsked(t *testing.T) {
	for explained, want := range map[int]bool{1: true, 2: false} {
		r := report{out: new(strings.Builder), red: 20 - explained, explained: explained}
		if got := r.end(); got != want {
			t.Errorf("%d of 20 survive: good %v", explained, got)
		}
	}
}

// However many go red, one that survives without a reason is one too many.
func TestASurvivorNeedsAReason(t *testing.T) {
	r := report{out: new(strings.Builder), red: 999, bare: 1}
	if r.end() {
		t.Error("good")
	}
}

func TestNamesAreUnique(t *testing.T) {
	lists := t.TempDir()
	for _, name := range []string{"a.txt", "b.txt"} {
		if err := os.WriteFile(filepath.Join(lists, name), []byte(stanza), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := readLists(lists); err == nil || !strings.Contains(err.Error(), "a.txt:3") {
		t.Errorf("got %v", err)
	}
}
