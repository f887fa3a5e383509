// Command mutate shows that each protection has a test: it takes them out of the code one
// at a time, and a test must go red.
//
//	go -C tools run ./mutate                 all of them
//	go -C tools run ./mutate -only crypto    those whose name begins so
//	go -C tools run ./mutate -list           names and promises
//
// The lists stand in tools/mutate/protections, one stanza for each protection:
//
//	name: crypto/header-size
//	promise: a header that is too long is refused before it is read
//	file: crypto/header.go
//	old: 	if size > maxHeader {
//	new: 	if false {
//	test: ./crypto ^TestLongHeader$
//
// A text that does not stand in its file exactly once is an error: the list follows the
// code. So is a test that fails without the change, is skipped, or does not compile. A
// protection that no test can hold says why in a line "survives:".
//
// It exits with 1 when something is in error, when a protection survives without a
// reason, or when fewer than 95 of 100 go red.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

const wanted = 0.95

type options struct {
	only, root, lists string
	jobs              int
	timeout           time.Duration
	json, list        bool
}

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "take out only protections whose name begins so")
	flag.StringVar(&o.root, "root", "..", "the repository")
	flag.StringVar(&o.lists, "lists", "mutate/protections", "the folder of the lists")
	flag.IntVar(&o.jobs, "jobs", max(1, runtime.NumCPU()/2), "how many to try at a time")
	flag.DurationVar(&o.timeout, "timeout", 5*time.Minute, "after which a test that hangs counts as red")
	flag.BoolVar(&o.json, "json", false, "print one JSON object a line")
	flag.BoolVar(&o.list, "list", false, "print names and promises, and try nothing")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	good, err := mutate(ctx, os.Stdout, progress(os.Stderr), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if !good {
		os.Exit(1)
	}
}

func mutate(ctx context.Context, out io.Writer, tell func(string), o options) (bool, error) {
	list, err := selected(o)
	if err != nil {
		return false, err
	}
	if o.list {
		for _, p := range list {
			fmt.Fprintf(out, "%-44s %s\n", p.Name, p.Promise)
		}
		return true, nil
	}
	root, err := filepath.Abs(o.root)
	if err != nil {
		return false, err
	}
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(scratch)
	r := runner{root: root, scratch: scratch, timeout: o.timeout.String()}
	r.green = r.greens(ctx, list)
	report := report{out: out, json: o.json}
	for i, res := range r.all(ctx, list, o.jobs) {
		tell(fmt.Sprintf("%d of %d: %s", i+1, len(list), res.Name))
		report.add(res)
	}
	tell("")
	return report.end(), ctx.Err()
}

func selected(o options) ([]protection, error) {
	all, err := readLists(o.lists)
	if err != nil {
		return nil, err
	}
	var list []protection
	for _, p := range all {
		if strings.HasPrefix(p.Name, o.only) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no protection of %d in %s has a name that begins with %q", len(all), o.lists, o.only)
	}
	return list, nil
}

// all yields results in the order of the list, while jobs of them are tried at a time.
func (r runner) all(ctx context.Context, list []protection, jobs int) func(func(int, result) bool) {
	return func(yield func(int, result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		done := make([]chan result, len(list))
		for i := range done {
			done[i] = make(chan result, 1)
		}
		next := make(chan int)
		for range max(1, jobs) {
			workers.Go(func() {
				for i := range next {
					done[i] <- r.try(ctx, list[i])
				}
			})
		}
		workers.Go(func() {
			defer close(next)
			for i := range list {
				next <- i
			}
		})
		for i := range list {
			if !yield(i, <-done[i]) {
				return
			}
		}
	}
}

func (r runner) try(ctx context.Context, p protection) result {
	if err := r.isGreen(ctx, p); err != nil {
		return result{p, invalid, err.Error()}
	}
	return r.run(ctx, p)
}

// A report prints results and counts them.
type report struct {
	out                       io.Writer
	json                      bool
	red, explained, bare, bad int
}

func (r *report) add(res result) {
	switch {
	case res.Outcome == red:
		r.red++
	case res.Outcome == invalid:
		r.bad++
	case res.Survives == "":
		r.bare++
		res.Why = "no test notices, and no line \"survives\" says why"
	default:
		r.explained++
	}
	if r.json {
		_ = json.NewEncoder(r.out).Encode(res)
		return
	}
	fmt.Fprintf(r.out, "%-8s %s", res.Outcome, res.Name)
	if res.Why != "" {
		fmt.Fprintf(r.out, "\n         %s: %s", res.where, res.Why)
	}
	fmt.Fprintln(r.out)
}

// end prints the total and says whether it is good.
func (r *report) end() bool {
	tried := r.red + r.explained + r.bare
	share := 0.0
	if tried > 0 {
		share = float64(r.red) / float64(tried)
	}
	good := r.bad == 0 && r.bare == 0 && share >= wanted
	if r.json {
		_ = json.NewEncoder(r.out).Encode(map[string]any{"Tried": tried, "Red": r.red, "Explained": r.explained,
			"Survived": r.bare, "Invalid": r.bad, "Good": good})
		return good
	}
	fmt.Fprintf(r.out, "\n%d of %d red (%.1f %%), %d survive with a reason, %d without; %d stanzas in error\n",
		r.red, tried, 100*share, r.explained, r.bare, r.bad)
	return good
}

// progress shows one line that changes, on a terminal only.
func progress(to *os.File) func(string) {
	if info, err := to.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func(string) {}
	}
	return func(line string) { fmt.Fprintf(to, "\r\x1b[K%s", line) }
}
