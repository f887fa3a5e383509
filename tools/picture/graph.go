package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

const module = "github.com/bordereau/bordereau/"

//go:embed rooms.txt
var roomList string

// A graph maps rooms to the rooms they import.
type graph map[string][]string

// captions are the lines of rooms.txt: what a room is, or "in ROOM".
func captions(text string) (map[string]string, error) {
	all := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		path, caption, ok := strings.Cut(line, "|")
		if !ok {
			return nil, fmt.Errorf("rooms.txt:%d: want \"path | what it is\"", i+1)
		}
		all[strings.TrimSpace(path)] = strings.TrimSpace(caption)
	}
	return all, nil
}

// load asks the go command which package of the repository imports which.
func load(root string, captions map[string]string) (graph, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	imports := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return newGraph(imports, captions), nil
		case err != nil:
			return nil, fmt.Errorf("reading go list: %w", err)
		}
		imports[p.ImportPath] = p.Imports
	}
}

// newGraph keeps the rooms of the product, without what only tests use.
func newGraph(imports map[string][]string, captions map[string]string) graph {
	g := graph{}
	for pkg, list := range imports {
		from, ok := roomOf(pkg, captions)
		if !ok {
			continue
		}
		g[from] = append(g[from], []string{}...)
		for _, imported := range list {
			if to, ok := roomOf(imported, captions); ok && to != from {
				g[from] = append(g[from], to)
			}
		}
	}
	for room, list := range g {
		slices.Sort(list)
		g[room] = slices.Compact(list)
	}
	return g
}

func roomOf(pkg string, captions map[string]string) (string, bool) {
	path, ours := strings.CutPrefix(pkg, module)
	isTest := slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool { return strings.HasSuffix(s, "test") })
	if !ours || isTest {
		return "", false
	}
	if in, ok := strings.CutPrefix(captions[path], "in "); ok {
		path = in
	}
	return path, true
}

func (g graph) rooms() []string { return slices.Sorted(maps.Keys(g)) }

// reaches says whether from imports to by way of others.
func (g graph) reaches(from, to string) bool {
	for _, next := range g[from] {
		if next == to || g.reaches(next, to) {
			return true
		}
	}
	return false
}

// reduced leaves out imports that follow from others: they would cover the picture, and
// say nothing about what lies above what.
func (g graph) reduced() graph {
	r := graph{}
	for _, from := range g.rooms() {
		r[from] = nil
		for _, to := range g[from] {
			follows := slices.ContainsFunc(g[from], func(via string) bool { return via != to && g.reaches(via, to) })
			if !follows {
				r[from] = append(r[from], to)
			}
		}
	}
	return r
}

// layers puts each room one below the lowest room that imports it.
func (g graph) layers() map[string]int {
	layer := map[string]int{}
	for range g { // the longest way has fewer steps than there are rooms
		for _, from := range g.rooms() {
			for _, to := range g[from] {
				layer[to] = max(layer[to], layer[from]+1)
			}
		}
	}
	for _, room := range g.rooms() {
		layer[room] += 0
	}
	return layer
}
