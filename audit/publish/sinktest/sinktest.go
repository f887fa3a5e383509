// Package sinktest is the conformance suite of publish.Sink, for every implementation.
package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/publish"
)

// ledger is the name of a ledger.
const ledger = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"

// Run runs the suite. open returns an empty sink of its own for each test.
func Run(t *testing.T, open func(t *testing.T) publish.Sink) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, sink publish.Sink)
	}{
		{"gives back what was created", givesBack},
		{"never overwrites", neverOverwrites},
		{"lets one of many creators win", oneCreatorWins},
		{"replaces whole or not at all", replacesWhole},
		{"knows what is missing", knowsMissing},
		{"lists what is right below", lists},
		{"lists many", listsMany},
		{"removes a folder and nothing beside it", removes},
		{"refuses names that are not ours", refusesNames},
		{"does nothing when cancelled", cancelled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func create(t *testing.T, sink publish.Sink, name, data string) {
	t.Helper()
	if err := sink.Create(t.Context(), name, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func wantContent(t *testing.T, sink publish.Sink, name, want string) {
	t.Helper()
	if got, err := sink.Read(t.Context(), name); err != nil || string(got) != want {
		t.Errorf("%s holds %d bytes %.20q, want %d bytes %.20q; %v", name, len(got), got, len(want), want, err)
	}
}

func givesBack(t *testing.T, sink publish.Sink) {
	for name, data := range map[string]string{
		ledger + "/checkpoint":                       "a checkpoint",
		ledger + "/checkpoints/00000000000000000734": "",
		ledger + "/tile/entries/x001/x234/067":       strings.Repeat("\x00\xff", 2<<20),
		ledger + "/tile/0/002.p/222":                 strings.Repeat("x", 222*32),
		"operator/tile/7/000":                        "y",
	} {
		create(t, sink, name, data)
		wantContent(t, sink, name, data)
	}
}

func neverOverwrites(t *testing.T, sink publish.Sink) {
	for _, name := range []string{ledger + "/tile/0/000", ledger + "/tile/0/001.p/3"} {
		create(t, sink, name, "first")
		for _, data := range []string{"second", "first", ""} {
			if err := sink.Create(t.Context(), name, []byte(data)); !errors.Is(err, publish.ErrExists) {
				t.Errorf("creating %s again: %v", name, err)
			}
		}
		wantContent(t, sink, name, "first")
	}
}

func oneCreatorWins(t *testing.T, sink publish.Sink) {
	const name, creators = ledger + "/tile/entries/000", 8
	results := make([]error, creators)
	var group sync.WaitGroup
	for i := range creators {
		group.Go(func() { results[i] = sink.Create(t.Context(), name, bytes.Repeat([]byte{'a' + byte(i)}, 10_000)) })
	}
	group.Wait()
	won := -1
	for i, err := range results {
		switch {
		case err == nil && won >= 0:
			t.Fatalf("%d and %d both won", won, i)
		case err == nil:
			won = i
		case !errors.Is(err, publish.ErrExists):
			t.Errorf("creator %d: %v", i, err)
		}
	}
	if won < 0 {
		t.Fatal("no writer won")
	}
	wantContent(t, sink, name, strings.Repeat(string('a'+byte(won)), 10_000))
}

func replacesWhole(t *testing.T, sink publish.Sink) {
	const name = ledger + "/checkpoint"
	content := func(i int) []byte { return bytes.Repeat([]byte{'a' + byte(i)}, 1000+i) }
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 5 {
				if err := sink.Replace(t.Context(), name, content(i)); err != nil {
					t.Error(err)
				}
				got, err := sink.Read(t.Context(), name)
				if err != nil || len(got) < 1000 || !bytes.Equal(got, content(int(got[0]-'a'))) {
					t.Errorf("read half a checkpoint: %d bytes, %v", len(got), err)
				}
			}
		})
	}
	group.Wait()
	if err := sink.Replace(t.Context(), name, []byte("the last")); err != nil {
		t.Fatal(err)
	}
	wantContent(t, sink, name, "the last")
}

func knowsMissing(t *testing.T, sink publish.Sink) {
	create(t, sink, ledger+"/tile/0/001", "x")
	for _, name := range []string{ledger + "/tile/0/00", ledger + "/tile/0/000", "nobody/checkpoint"} {
		if _, err := sink.Read(t.Context(), name); !errors.Is(err, publish.ErrMissing) {
			t.Errorf("reading %s: %v", name, err)
		}
	}
	if names, err := sink.List(t.Context(), "nobody/checkpoints"); err != nil || len(names) > 0 {
		t.Errorf("in a folder that is not there: %q, %v", names, err)
	}
	if err := sink.Remove(t.Context(), ledger+"/tile/0/005.p"); err != nil {
		t.Errorf("removing a folder that is not there: %v", err)
	}
}

func lists(t *testing.T, sink publish.Sink) {
	for _, name := range []string{ledger + "/checkpoint", ledger + "/checkpoints/2", ledger + "/checkpoints/10", ledger + "/tile/0/000",
		ledger + "/tile/0/001.p/7", "operator/checkpoint"} {
		create(t, sink, name, "x")
	}
	for folder, want := range map[string][]string{
		ledger:                  {"checkpoint", "checkpoints", "tile"},
		ledger + "/checkpoints": {"10", "2"},
		ledger + "/tile/0":      {"000", "001.p"},
		ledger + "/tile/0/0":    nil,
	} {
		got, err := sink.List(t.Context(), folder)
		if diff := cmp.Diff(want, append([]string(nil), got...)); err != nil || diff != "" {
			t.Errorf("in %s (-want +got): %v\n%s", folder, err, diff)
		}
	}
	got, err := sink.List(t.Context(), ".")
	if err != nil || !strings.Contains(" "+strings.Join(got, " ")+" ", " "+ledger+" operator ") {
		t.Errorf("at the top: %q, %v", got, err)
	}
}

// listsMany lists more than a server gives in one answer.
func listsMany(t *testing.T, sink publish.Sink) {
	const n, writers = 1003, 8
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := w; i < n; i += writers {
				if err := sink.Create(t.Context(), fmt.Sprintf("%s/checkpoints/%020d", ledger, i), []byte("x")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	names, err := sink.List(t.Context(), ledger+"/checkpoints")
	if err != nil || len(names) != n || names[n-1] != fmt.Sprintf("%020d", n-1) {
		t.Errorf("%d names, %v", len(names), err)
	}
}

func removes(t *testing.T, sink publish.Sink) {
	kept := []string{ledger + "/tile/0/001", ledger + "/tile/0/001.q/3", ledger + "/tile/0/0010/3", ledger + "/tile/1/001.p/3"}
	for _, name := range append([]string{ledger + "/tile/0/001.p/3", ledger + "/tile/0/001.p/200"}, kept...) {
		create(t, sink, name, "x")
	}
	for range 2 {
		if err := sink.Remove(t.Context(), ledger+"/tile/0/001.p"); err != nil {
			t.Fatal(err)
		}
		if names, err := sink.List(t.Context(), ledger+"/tile/0/001.p"); err != nil || len(names) > 0 {
			t.Errorf("left are %q, %v", names, err)
		}
	}
	for _, name := range kept {
		wantContent(t, sink, name, "x")
	}
	create(t, sink, ledger+"/tile/0/001.p/3", "again")
	wantContent(t, sink, ledger+"/tile/0/001.p/3", "again")
}

func refusesNames(t *testing.T, sink publish.Sink) {
	for _, name := range []string{"", "/x", "x/", "x//y", ".", "..", "x/../y", "../x", "x/./y", "x\x00", "x y", "é", `x\y`, "x?y"} {
		for doing, err := range map[string]error{
			"creating":  sink.Create(t.Context(), name, []byte("x")),
			"replacing": sink.Replace(t.Context(), name, []byte("x")),
			"removing":  sink.Remove(t.Context(), name),
		} {
			if err == nil || errors.Is(err, publish.ErrExists) {
				t.Errorf("%s %q: %v", doing, name, err)
			}
		}
		if _, err := sink.Read(t.Context(), name); err == nil {
			t.Errorf("reading %q succeeds", name)
		}
	}
}

func cancelled(t *testing.T, sink publish.Sink) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	const name = ledger + "/tile/0/000"
	for doing, err := range map[string]error{
		"creating":  sink.Create(ended, name, []byte("x")),
		"replacing": sink.Replace(ended, name, []byte("x")),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", doing, err)
		}
	}
	if _, err := sink.Read(t.Context(), name); !errors.Is(err, publish.ErrMissing) {
		t.Errorf("it is there: %v", err)
	}
}
