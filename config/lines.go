package config

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// lines maps the keys of a file to their lines, sections too. It is empty for a text that
// is no mapping.
func lines(text []byte) map[string]int {
	found := map[string]int{}
	var root yaml.Node
	if yaml.Unmarshal(text, &root) == nil && len(root.Content) == 1 {
		addLines(found, "", root.Content[0])
	}
	return found
}

func addLines(found map[string]int, section string, node *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		path := join(section, node.Content[i].Value)
		found[path] = node.Content[i].Line
		addLines(found, path, node.Content[i+1])
	}
}

// locate gives the problems their lines. A key that is missing has the line of its
// section, if that is there. A value of the environment has none.
func (p problems) locate(at map[string]int, environment map[string]any) {
	for i := range p {
		path, _, _ := strings.Cut(p[i].Path, "[")
		if _, set := environment[path]; set {
			continue
		}
		for path != "" && at[path] == 0 {
			path = path[:max(0, strings.LastIndexByte(path, '.'))]
		}
		p[i].Line = at[path]
	}
}

// follow adds the problems that Validate found to those of the values themselves. A value
// that could not be read leaves its default behind, so what Validate says of it, and of a
// section whose engine is not known, is left out.
func (p *problems) follow(validated error) {
	wrong, ok := validated.(*Error)
	if !ok {
		return
	}
	first := *p
	for _, v := range wrong.Problems {
		consequence := false
		for _, before := range first {
			section, isEngine := strings.CutSuffix(before.Path, "engine")
			consequence = consequence || v.Path == before.Path || isEngine && strings.HasPrefix(v.Path, section)
		}
		if !consequence {
			*p = append(*p, v)
		}
	}
}

// Locate gives problems that were found elsewhere their lines in the file that Load read.
func Locate(path string, environ []string, found []Problem) []Problem {
	folder, text, _, err := readConfig(path)
	if err != nil {
		return found
	}
	c := Default()
	var ignored problems
	located := problems(found)
	located.locate(lines(text), fromEnvironment(environ, folder, keysOf(&c), &ignored))
	return located
}
