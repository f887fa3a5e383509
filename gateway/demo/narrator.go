package demo

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bordereau/bordereau/gateway/api"
)

// narrator prints the story: one line for every step, the commands that do the same, and
// every unexpected result.
type narrator struct {
	out         io.Writer
	steps       int
	calls       []call // since the step before
	differences []error
}

// maxCommands is how many commands a step prints in full. The others are alike.
const maxCommands = 3

func (n *narrator) chapter(title string) {
	fmt.Fprintf(n.out, "\n%s\n%s\n", title, strings.Repeat("─", len([]rune(title))))
}

// did ends a step that should have succeeded. It returns the failure with the step's
// name, and the caller stops there.
func (n *narrator) did(err error, format string, args ...any) error {
	return n.end(fmt.Sprintf(format, args...), err)
}

// refusal is the answer that a step expects.
type refusal struct {
	status int
	kind   string // of the problem
	reason string // of a denial; empty for other kinds
}

func (r refusal) String() string {
	if r.reason == "" {
		return fmt.Sprintf("%d %s", r.status, r.kind)
	}
	return fmt.Sprintf("%d %s (%s)", r.status, r.kind, r.reason)
}

// refused ends a step that should have been refused. The story continues in any case.
func (n *narrator) refused(err error, want refusal, format string, args ...any) {
	sentence := fmt.Sprintf(format, args...)
	got, ok := refusalOf(err)
	switch {
	case err == nil:
		err = fmt.Errorf("should have been refused with %s, was allowed", want)
	case ok && got == want:
		err = nil
		sentence += ": " + want.String()
	default:
		err = fmt.Errorf("should have been refused with %s: %w", want, err)
	}
	_ = n.end(sentence, err) // remembered
}

func refusalOf(err error) (refusal, bool) {
	var p *api.Problem
	if !errors.As(err, &p) {
		return refusal{}, false
	}
	r := refusal{status: p.Status, kind: p.Kind()}
	if p.Reason != nil {
		r.reason = *p.Reason
	}
	return r, true
}

// end prints a step.
func (n *narrator) end(sentence string, err error) error {
	n.steps++
	mark := "✓"
	if err != nil {
		mark = "✗"
		err = fmt.Errorf("step %d, %s: %w", n.steps, sentence, err)
		n.differences = append(n.differences, err)
	}
	fmt.Fprintf(n.out, "%4d %s %s\n", n.steps, mark, sentence)
	if err != nil {
		fmt.Fprintf(n.out, "       %v\n", errors.Unwrap(err))
	}
	for i, c := range n.calls {
		if i == 1 && len(n.calls) > maxCommands {
			fmt.Fprintf(n.out, "       # and %d more like it\n", len(n.calls)-1)
			break
		}
		fmt.Fprintf(n.out, "       %s\n", c.curl())
	}
	n.calls = nil
	return err
}

// close ends the story.
func (n *narrator) close() error {
	if len(n.differences) == 0 {
		fmt.Fprintf(n.out, "\n%d steps, all as they should be.\n", n.steps)
		return nil
	}
	fmt.Fprintf(n.out, "\n%d of %d steps differ from what they should be.\n", len(n.differences), n.steps)
	return fmt.Errorf("playing the story: %w", errors.Join(n.differences...))
}
