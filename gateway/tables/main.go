// Command tables writes the lists of package policy, and those of events and their
// filters, into the files that repeat them: the OpenAPI document, the handbook, the JSON
// Schema of terms, and the conversions of package httpapi. A section of a file that is
// generated stands between two comments, with its name in the first; a name may stand
// more than once. `go generate ./...` runs it:
//
//	go run ./gateway/tables .
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sections are the generated parts of files: what is written, by file and name.
var sections = []struct {
	file, name string
	print      func() string
}{
	{"gateway/api/openapi.yaml", "roles", rolesOfTheAPI},
	{"docs/contracts.md", "roles", rolesOfThePage},
	{"docs/contracts.md", "terms", termsOfThePage},
	{"docs/contracts.md", "families", familiesOfThePage},
	{"docs/contracts.md", "reasons", reasonsOfThePage},
	{"gateway/api/openapi.yaml", "filters of a question", filtersOfAQuestion},
	{"gateway/api/openapi.yaml", "filters", filtersOfTheAPI},
	{"gateway/api/openapi.yaml", "words of events", wordsOfEvents},
	{"gateway/api/openapi.yaml", "event", eventOfTheAPI},
	{"docs/audit.md", "filters", filtersOfThePage},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./gateway/tables ROOT")
		os.Exit(2)
	}
	if err := writeAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

func writeAll(root string) error {
	files, err := render(root)
	if err != nil {
		return err
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// render gives the files as they should be.
func render(root string) (map[string]string, error) {
	files := map[string]string{}
	for _, s := range sections {
		if _, ok := files[s.file]; !ok {
			text, err := os.ReadFile(filepath.Join(root, s.file))
			if err != nil {
				return nil, err
			}
			files[s.file] = string(text)
		}
		text, err := replace(files[s.file], s.name, s.print())
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", s.file, s.name, err)
		}
		files[s.file] = text
	}
	schema, err := schemaOfTerms()
	if err != nil {
		return nil, err
	}
	files["policy/terms.schema.json"] = schema
	files["gateway/httpapi/events.gen.go"], err = conversions()
	return files, err
}

var errNoSection = errors.New("has no section between the comments \"generated: NAME\" and \"generated: end\"")

// replace puts new lines between the comments of every section of the name. The comments
// stay.
func replace(text, name, lines string) (string, error) {
	before, rest, begins := strings.Cut(text, "generated: "+name+" from ")
	comment, rest, _ := strings.Cut(rest, "\n")
	old, after, ends := strings.Cut(rest, "generated: end")
	if !begins || !ends {
		return "", errNoSection
	}
	last := old[strings.LastIndex(old, "\n")+1:] // the beginning of the comment at the end
	section := before + "generated: " + name + " from " + comment + "\n" + lines + last + "generated: end"
	if again, err := replace(after, name, lines); err == nil {
		after = again
	}
	return section + after, nil
}
