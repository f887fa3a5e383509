package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A protection is a place in the code that keeps a promise, and the test that shows it.
type protection struct {
	Name     string // unique; -only selects by it
	Promise  string // what a user loses without it, in words
	File     string // within the repository
	Old, New string // the text that is replaced, which stands in the file once
	Package  string // as go test takes it, from the root
	Run      string // the tests that go red
	Survives string // why no test can go red, where that is so

	where string // file and line of the stanza
}

// readLists reads every list of a folder.
func readLists(folder string) ([]protection, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	var all []protection
	seen := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		list, err := parse(filepath.Base(path), string(text))
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if other, ok := seen[p.Name]; ok {
				return nil, fmt.Errorf("%s: %q is at %s already: choose another name", p.where, p.Name, other)
			}
			seen[p.Name] = p.where
		}
		all = append(all, list...)
	}
	return all, nil
}

// parse reads stanzas apart by blank lines, each of lines "key: value". Lines of old and
// new may repeat: they are the lines of the text, with their tabs.
func parse(file, text string) ([]protection, error) {
	var all []protection
	var current *protection
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "":
			current = nil
			continue
		case strings.HasPrefix(line, "#"):
			continue
		case current == nil:
			all = append(all, protection{where: fmt.Sprintf("%s:%d", file, i+1)})
			current = &all[len(all)-1]
		}
		if err := current.set(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	for _, p := range all {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", p.where, err)
		}
	}
	return all, nil
}

func (p *protection) set(line string) error {
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("want \"key: value\", not %q", line)
	}
	value = strings.TrimPrefix(value, " ")
	switch key {
	case "old":
		p.Old = joined(p.Old, value)
		return nil
	case "new":
		p.New = joined(p.New, value)
		return nil
	case "test":
		p.Package, p.Run, _ = strings.Cut(value, " ")
		return nil
	}
	field, ok := map[string]*string{"name": &p.Name, "promise": &p.Promise, "file": &p.File,
		"survives": &p.Survives}[key]
	if !ok {
		return fmt.Errorf("no key %q: want name, promise, file, old, new, test or survives", key)
	}
	if *field != "" {
		return fmt.Errorf("%s stands there twice", key)
	}
	*field = strings.TrimSpace(value)
	return nil
}

func joined(before, line string) string {
	if before == "" {
		return line
	}
	return before + "\n" + line
}

func (p *protection) check() error {
	for _, field := range []struct{ key, value string }{{"name", p.Name}, {"promise", p.Promise},
		{"file", p.File}, {"old", p.Old}, {"test, with a package and a pattern", p.Run}} {
		if field.value == "" {
			return fmt.Errorf("%q has no %s", p.Name, field.key)
		}
	}
	if p.Old == p.New {
		return fmt.Errorf("%q replaces a text by itself", p.Name)
	}
	return nil
}
