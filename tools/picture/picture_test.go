package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestThePictureIsUpToDate(t *testing.T) {
	want, err := picture("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(pathOf("../.."))
	if err != nil || string(got) != want {
		t.Errorf("docs/architecture.svg is not what the imports say (%v): go -C tools run ./picture", err)
	}
}

func TestEveryRoomHasItsLine(t *testing.T) {
	captions, err := captions(roomList)
	if err != nil {
		t.Fatal(err)
	}
	g, err := load("../..", captions)
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range g.rooms() {
		if captions[room] == "" {
			t.Errorf("rooms.txt does not say what %s is", room)
		}
	}
	packages, err := load("../..", nil)
	if err != nil {
		t.Fatal(err)
	}
	for path := range captions {
		if _, ok := packages[path]; !ok {
			t.Errorf("rooms.txt has %s, which is no package", path)
		}
	}
}

// diamond is a graph with an import that follows from others.
var diamond = graph{"cmd": {"a", "b", "base"}, "a": {"base"}, "b": {"base"}, "base": nil}

func TestImportsThatFollowAreLeftOut(t *testing.T) {
	if got := diamond.reduced()["cmd"]; !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("cmd keeps arrows to %v", got)
	}
}

func TestARoomStandsBelowAllThatImportIt(t *testing.T) {
	layers := diamond.layers()
	for from, list := range diamond {
		for _, to := range list {
			if layers[from] >= layers[to] {
				t.Errorf("%s in layer %d imports %s in layer %d", from, layers[from], to, layers[to])
			}
		}
	}
}

func TestOnlyTheProductIsDrawn(t *testing.T) {
	g := newGraph(map[string][]string{
		module + "a":        {"fmt", module + "a/part", module + "b", module + "b/btest"},
		module + "a/part":   {module + "c"},
		module + "b":        nil,
		module + "b/btest":  {module + "a"},
		module + "c":        nil,
		"fmt":               nil,
		"example.com/other": nil,
	}, map[string]string{"a/part": "in a"})
	if got := g.rooms(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("rooms are %v", got)
	}
	if got := g["a"]; !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("a imports %v", got)
	}
}

// No box leaves the picture or covers another, however many there are in a layer.
func TestBoxesDoNotOverlap(t *testing.T) {
	g := graph{"cmd": nil, "base": nil}
	for _, room := range []string{"a", "b", "c", "d", "e", "f"} {
		g["cmd"] = append(g["cmd"], room)
		g[room] = []string{"base"}
	}
	l := place(g, func(string) float64 { return 130 })
	for _, layer := range l.layers {
		end := margin - gap
		for _, n := range layer {
			if n.x-n.wide/2 < end+gap-0.01 || n.x+n.wide/2 > width-margin+0.01 {
				t.Errorf("%s stands at %.0f, the one before ends at %.0f", n.room, n.x-n.wide/2, end)
			}
			end = n.x + n.wide/2
		}
	}
}

func TestThePictureIsTheSameEachTimeAndIsXML(t *testing.T) {
	first := draw(diamond, nil)
	for range 20 {
		if draw(diamond, nil) != first {
			t.Fatal("the same graph gives another picture")
		}
	}
	for d := xml.NewDecoder(strings.NewReader(first)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
