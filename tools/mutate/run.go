package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An outcome is what became of a test.
type outcome string

const (
	red     outcome = "red"     // a test failed: the protection is held
	green   outcome = "green"   // all passed: nothing holds it
	invalid outcome = "invalid" // the list, or the test, says nothing
)

// A result is what taking one protection out showed.
type result struct {
	protection
	Outcome outcome
	Why     string `json:",omitempty"` // of an invalid one; of a survivor its explanation
}

// A runner takes protections out of the repository at root, one at a time. It writes
// nothing there: the go command reads the changed file from elsewhere.
type runner struct {
	root    string
	scratch string
	timeout string
	green   greens // what was found out about many at once
}

// run takes one protection out and runs its test.
func (r runner) run(ctx context.Context, p protection) result {
	overlay, err := r.overlay(p)
	if err != nil {
		return result{p, invalid, err.Error()}
	}
	out, why := r.test(ctx, p, "-count=1", "-failfast", "-overlay="+overlay)
	switch {
	case out == red && p.Survives != "":
		return result{p, invalid, "a test goes red now: take the line \"survives\" away"}
	case out == green:
		why = p.Survives
	}
	return result{p, out, why}
}

// isGreen says whether the test passes as the code stands. One that does not would show
// nothing by going red. The go command remembers what passed.
func (r runner) isGreen(ctx context.Context, p protection) error {
	if r.green.passes(p) {
		return nil
	}
	switch out, why := r.test(ctx, p); out {
	case green:
		return nil
	case red:
		return fmt.Errorf("%s -run %s fails as the code stands", p.Package, p.Run)
	default:
		return fmt.Errorf("%s -run %s: %s", p.Package, p.Run, why)
	}
}

// overlay writes the file without the protection, and the list that tells the go command
// of it.
func (r runner) overlay(p protection) (string, error) {
	path := filepath.Join(r.root, filepath.FromSlash(p.File))
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the file is not there: the list must follow the code")
	}
	if n := strings.Count(string(text), p.Old); n != 1 {
		return "", fmt.Errorf("text not found once in %s, but %d times: the list must follow the code", p.File, n)
	}
	folder, err := os.MkdirTemp(r.scratch, "")
	if err != nil {
		return "", err
	}
	changed := filepath.Join(folder, filepath.Base(path))
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), p.Old, p.New, 1)), 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}

func (r runner) test(ctx context.Context, p protection, flags ...string) (outcome, string) {
	out, err := r.goTest(ctx, p, flags...)
	if ctx.Err() != nil {
		return invalid, "interrupted"
	}
	return judge(out, err)
}

func (r runner) goTest(ctx context.Context, p protection, flags ...string) ([]byte, error) {
	args := append([]string{"test", "-json", "-vet=off", "-timeout=" + r.timeout, "-run=" + p.Run}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, p.Package)...)
	cmd.Dir = r.root
	return cmd.CombinedOutput()
}

// judge reads what go test printed. A test that does not compile, that is not there or
// that is skipped shows nothing, whatever the exit status.
func judge(out []byte, status error) (outcome, string) {
	var passed, failed, skipped int
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var event struct{ Action, Test, FailedBuild string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return invalid, "go test prints: " + lines.Text()
		}
		switch {
		case event.Action == "build-fail" || event.FailedBuild != "":
			return invalid, "it does not compile: " + firstError(out)
		case event.Action == "fail":
			failed++
		case event.Action == "pass" && event.Test != "":
			passed++
		case event.Action == "skip" && event.Test != "":
			skipped++
		}
	}
	switch {
	case failed > 0:
		return red, ""
	case status != nil:
		return invalid, "go test: " + status.Error()
	case passed == 0 || skipped > 0:
		return invalid, fmt.Sprintf("%d tests ran and %d were skipped: nothing is shown", passed, skipped)
	}
	return green, ""
}

// firstError is the compiler's first line about a file.
func firstError(out []byte) string {
	for line := range bytes.Lines(out) {
		var event struct{ Action, Output string }
		if json.Unmarshal(line, &event) == nil && event.Action == "build-output" && strings.Contains(event.Output, ".go:") {
			return strings.TrimSpace(event.Output)
		}
	}
	return "no reason given"
}
