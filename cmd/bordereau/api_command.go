package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

// overAPI completes a command that asks the API. It adds the flags, signs in, and shows a
// refusal.
func overAPI(cmd *cobra.Command, do func(ctx context.Context, c *api.Client, s screen, args []string) error) *cobra.Command {
	var to connection
	to.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := to.dial(cmd.Context())
		if err == nil {
			err = do(cmd.Context(), client, screen{cmd.OutOrStdout(), to.json}, args)
		}
		var refused *api.Problem
		if !errors.As(err, &refused) {
			return err
		}
		if err := showProblem(cmd.ErrOrStderr(), refused, fileOf(err), to.json); err != nil {
			return err
		}
		return errReported
	}
	return cmd
}

// screen prints answers: tables for people, the API's own JSON for machines.
type screen struct {
	out  io.Writer
	json bool
}

// show prints an answer. body is the API's answer. table writes the same for people, with
// tabs between cells.
func (s screen) show(body []byte, table func(w io.Writer)) error {
	if s.json {
		_, err := fmt.Fprintf(s.out, "%s\n", bytes.TrimSpace(body))
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	table(w)
	return w.Flush()
}

// allPages collects the items of a listing. For machines it prints each page as it comes,
// one on a line.
func allPages[T any](s screen, get func(*api.After, *api.Limit) (items []T, next *string, text []byte, err error)) ([]T, error) {
	var all []T
	limit := api.Limit(500)
	for after, more := (*api.After)(nil), true; more; more = after != nil {
		items, next, text, err := get(after, &limit)
		if err != nil {
			return nil, err
		}
		if s.json {
			if err := s.show(text, nil); err != nil {
				return nil, err
			}
		}
		all, after = append(all, items...), next
	}
	return all, nil
}

// done prints one sentence about an operation that has no answer. Machines have the exit
// code.
func (s screen) done(format string, args ...any) error {
	if s.json {
		return nil
	}
	_, err := fmt.Fprintf(s.out, format+"\n", args...)
	return err
}

// row writes cells. An empty cell shows as a dash. A control character becomes a space,
// because it could move the cursor.
func row(w io.Writer, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		text := fmt.Sprint(c)
		if t, ok := c.(*time.Time); ok {
			text = clockTime(t)
		}
		texts[i] = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, text)
		if texts[i] == "" {
			texts[i] = "-"
		}
	}
	fmt.Fprintln(w, strings.Join(texts, "\t"))
}

// clockTime is a moment in UTC to the second.
func clockTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// value is the value of an optional member, or zero.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// optional is nil for a value that was not given.
func optional[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

// inFile is an error about a file that the user wrote.
type inFile struct {
	error
	file string
}

// Unwrap lets errors.As find the problem.
func (e *inFile) Unwrap() error { return e.error }

func fileOf(err error) string {
	var in *inFile
	if errors.As(err, &in) {
		return in.file
	}
	return ""
}

// showProblem prints all members of a problem. Problems of terms have file and line in
// front, as a compiler's have.
func showProblem(w io.Writer, p *api.Problem, file string, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(p)
	}
	fmt.Fprintln(w, "bordereau:", p.Title)
	for _, e := range p.Errors {
		fmt.Fprintln(w, termsLine(file, value(e.Line), e.Path, e.Detail))
	}
	if len(p.Errors) == 0 && value(p.Detail) != "" {
		fmt.Fprintln(w, termsLine("", 0, value(p.Field), value(p.Detail)))
	}
	version := ""
	if p.Version != nil {
		version = fmt.Sprint(*p.Version)
	}
	for _, fact := range []struct{ name, text string }{
		{"problem", p.Kind()}, {"reason", value(p.Reason)}, {"contract", value(p.Contract)}, {"version", version},
		{"clause", value(p.Clause)}, {"allowed", strings.Join(p.Allowed, ", ")}, {"request", p.Request},
	} {
		if fact.text != "" {
			fmt.Fprintf(w, "  %-9s %s\n", fact.name, fact.text)
		}
	}
	return nil
}

// termsLine is one mistake in terms: `terms.yaml:12: validity.until: …`.
func termsLine(file string, line int, path, detail string) string {
	where := file
	switch {
	case line > 0 && file != "":
		where = fmt.Sprintf("%s:%d", file, line)
	case line > 0:
		where = fmt.Sprintf("line %d", line)
	}
	var parts []string
	for _, part := range []string{where, path, detail} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}
