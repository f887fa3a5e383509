package event_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
)

const (
	client   = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	grantID  = "e_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	secondID = "e_bbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// full has every field set.
func full() event.Event {
	return event.Event{
		Ledger: client, Seq: 7, Time: time.UnixMicro(1767225600000001).UTC(),
		ID: grantID, Occurred: time.UnixMicro(1767225600000000).UTC(),
		Phase: event.PhaseCompleted, Action: "document.read", Outcome: event.OutcomeAllow, Reason: "allowed",
		Actor: "p_1", Organisation: "o_2", Role: "handler", Auth: "client-secret",
		Contract: "c_3", Version: 2, Clause: `classes."claim\form" → é`, Provider: "o_4",
		Batch: "b_5", Document: "d_6", Class: "claim-form", Assignment: "a_7", Subject: "p_8",
		Site: "Tunis <centre> & Sfax", Country: "TN", Bytes: 10, Length: -1, Grant: secondID,
		Request: "req-9", Node: "gw-1", Commitment: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	}
}

// least has only the fields that every event has.
func least() event.Event {
	return event.Event{
		Ledger: event.Operator, ID: secondID, Occurred: time.UnixMicro(1).UTC(),
		Phase: event.PhaseState, Action: "token.issue", Outcome: event.OutcomeDeny,
	}
}

// The format is frozen: these vectors never change, even when the code does.
var vectors = []struct {
	name  string
	event event.Event
	leaf  string
}{
	{"full", full(), `{"v":1,"ledger":"o_aaaaaaaaaaaaaaaaaaaaaaaaaa","seq":7,"ts":1767225600000001,` +
		`"id":"e_aaaaaaaaaaaaaaaaaaaaaaaaaa","occ":1767225600000000,"phase":"completed","action":"document.read",` +
		`"outcome":"allow","reason":"allowed","actor":"p_1","org":"o_2","role":"handler","auth":"client-secret",` +
		`"contract":"c_3","version":2,"clause":"classes.\"claim\\form\" → é","provider":"o_4","batch":"b_5","document":"d_6",` +
		`"class":"claim-form","assignment":"a_7","subject":"p_8","site":"Tunis <centre> & Sfax","country":"TN","bytes":10,` +
		`"length":-1,"grant":"e_bbbbbbbbbbbbbbbbbbbbbbbbbb","request":"req-9","node":"gw-1",` +
		`"priv":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`},
	{"least", least(), `{"v":1,"ledger":"operator","seq":0,"ts":0,"id":"e_bbbbbbbbbbbbbbbbbbbbbbbbbb","occ":1,` +
		`"phase":"state","action":"token.issue","outcome":"deny"}`},
}

func TestLeafVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			leaf, err := v.event.Leaf()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.leaf, string(leaf)); diff != "" {
				t.Errorf("leaf (-want +got):\n%s", diff)
			}
			parsed, err := event.Parse([]byte(v.leaf))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.event, parsed); diff != "" {
				t.Errorf("parsed (-want +got):\n%s", diff)
			}
		})
	}
}

// encoding/json finds the same values in a leaf.
func TestLeafIsJSON(t *testing.T) {
	leaf, err := full().Leaf()
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(leaf, &fields); err != nil {
		t.Fatal(err)
	}
	if got := len(fields); got != 31 {
		t.Errorf("%d fields, want 31", got)
	}
	if got, want := fields["clause"], full().Clause; got != want {
		t.Errorf("clause %q, want %q", got, want)
	}
	if got, want := fields["site"], full().Site; got != want {
		t.Errorf("site %q, want %q", got, want)
	}
}

func TestLeafRefuses(t *testing.T) {
	refused := map[string]func(*event.Event){
		"no ledger":            func(e *event.Event) { e.Ledger = "" },
		"ledger with a path":   func(e *event.Event) { e.Ledger = "o_../../../../../../../../.." },
		"ledger in upper case": func(e *event.Event) { e.Ledger = strings.ToUpper(client) },
		"negative seq":         func(e *event.Event) { e.Seq = -1 },
		"no id":                func(e *event.Event) { e.ID = "" },
		"short id":             func(e *event.Event) { e.ID = "e_a" },
		"another phase":        func(e *event.Event) { e.Phase = "done" },
		"no action":            func(e *event.Event) { e.Action = "" },
		"action of one word":   func(e *event.Event) { e.Action = "read" },
		"action of three":      func(e *event.Event) { e.Action = "a.b.c" },
		"another outcome":      func(e *event.Event) { e.Outcome = "" },
		"negative version":     func(e *event.Event) { e.Version = -1 },
		"negative bytes":       func(e *event.Event) { e.Bytes = -1 },
		"length below -1":      func(e *event.Event) { e.Length = -2 },
		"grant that is no id":  func(e *event.Event) { e.Grant = "d_6" },
		"short commitment":     func(e *event.Event) { e.Commitment = "AAAA" },
		"line break":           func(e *event.Event) { e.Actor = "p_1\n" },
		"NUL":                  func(e *event.Event) { e.Node = "\x00" },
		"C1 control":           func(e *event.Event) { e.Site = "\u0085" },
		"not UTF-8":            func(e *event.Event) { e.Site = "\xff" },
		"too long":             func(e *event.Event) { e.Clause = strings.Repeat("x", event.MaxText+1) },
	}
	for name, spoil := range refused {
		t.Run(name, func(t *testing.T) {
			e := full()
			spoil(&e)
			if leaf, err := e.Leaf(); !errors.Is(err, event.ErrInvalid) {
				t.Errorf("Leaf() = %q, %v; want ErrInvalid", leaf, err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := vectors[1].leaf
	refused := map[string]string{
		"nothing":          ``,
		"white space":      good + "\n",
		"space inside":     strings.Replace(good, `,"seq"`, `, "seq"`, 1),
		"other order":      strings.Replace(good, `"seq":0,"ts":0`, `"ts":0,"seq":0`, 1),
		"other case":       strings.Replace(good, `"phase"`, `"Phase"`, 1),
		"duplicate":        strings.Replace(good, `"seq":0`, `"seq":0,"seq":1`, 1),
		"unknown field":    strings.Replace(good, `}`, `,"zone":"x"}`, 1),
		"missing field":    strings.Replace(good, `"occ":1,`, ``, 1),
		"explicit empty":   strings.Replace(good, `}`, `,"reason":""}`, 1),
		"explicit zero":    strings.Replace(good, `}`, `,"bytes":0}`, 1),
		"unicode escape":   strings.Replace(good, `"state"`, `"stat\u0065"`, 1),
		"needless escape":  strings.Replace(good, `"state"`, `"\state"`, 1),
		"plus sign":        strings.Replace(good, `"occ":1`, `"occ":+1`, 1),
		"leading zero":     strings.Replace(good, `"occ":1`, `"occ":01`, 1),
		"exponent":         strings.Replace(good, `"occ":1`, `"occ":1e0`, 1),
		"number too large": strings.Replace(good, `"occ":1`, `"occ":9223372036854775808`, 1),
		"number as text":   strings.Replace(good, `"occ":1`, `"occ":"1"`, 1),
		"other version":    strings.Replace(good, `"v":1`, `"v":2`, 1),
		"other bracket":    strings.Replace(good, `{`, `[`, 1),
		"trailing object":  good + good,
		"too long":         good + strings.Repeat(" ", event.MaxLeaf),
	}
	for name, leaf := range refused {
		t.Run(name, func(t *testing.T) {
			if leaf == good {
				t.Fatal("the case is not spoiled")
			}
			if e, err := event.Parse([]byte(leaf)); !errors.Is(err, event.ErrInvalid) {
				t.Errorf("Parse(%q) = %+v, %v; want ErrInvalid", leaf, e, err)
			}
		})
	}
	for cut := range len(good) {
		if _, err := event.Parse([]byte(good[:cut])); !errors.Is(err, event.ErrInvalid) {
			t.Errorf("Parse of the first %d bytes: %v, want ErrInvalid", cut, err)
		}
	}
}

// A leaf that Parse accepts has only this form, and is JSON.
func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.leaf))
	}
	f.Add([]byte(`{"v":1,"ledger":"\`))
	f.Add([]byte(`{"v":`))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		e, err := event.Parse(leaf)
		if err != nil {
			return
		}
		again, err := e.Leaf()
		if err != nil || string(again) != string(leaf) {
			t.Errorf("Parse accepts %q, Leaf gives %q, %v", leaf, again, err)
		}
		if !json.Valid(leaf) {
			t.Errorf("Parse accepts %q, which is not JSON", leaf)
		}
	})
}

func BenchmarkLeaf(b *testing.B) {
	e := full()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Leaf(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	leaf := []byte(vectors[0].leaf)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.Parse(leaf); err != nil {
			b.Fatal(err)
		}
	}
}
