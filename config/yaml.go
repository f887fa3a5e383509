package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	koanfyaml "github.com/knadh/koanf/parsers/yaml"
	"go.yaml.in/yaml/v3"
)

// strictYAML is koanf's YAML parser, for one document that is a mapping with texts for
// keys. koanf's own parser would ignore every document after the first and every key that
// is null. It would also quote the beginning of a text that is no mapping, and that text
// may be a private key given by mistake.
type strictYAML struct{}

func (strictYAML) Unmarshal(text []byte) (map[string]any, error) {
	documents := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	switch err := documents.Decode(&root); {
	case err == io.EOF: // nothing but comments
		return map[string]any{}, nil
	case err != nil:
		return nil, err
	case len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode:
		return nil, errors.New("not a mapping of keys to values")
	}
	if err := documents.Decode(new(yaml.Node)); err != io.EOF {
		return nil, errors.New("more than one YAML document")
	}
	if err := checkKeys(root.Content[0]); err != nil {
		return nil, err
	}
	return koanfyaml.Parser().Unmarshal(text)
}

// checkKeys refuses a key that is no text: null, a number, a list, or << with all that it
// would merge in.
func checkKeys(node *yaml.Node) error {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 && child.ShortTag() != "!!str" {
			return fmt.Errorf("line %d: a key that is no text", child.Line)
		}
		if err := checkKeys(child); err != nil {
			return err
		}
	}
	return nil
}

// Marshal completes koanf.Parser.
func (strictYAML) Marshal(m map[string]any) ([]byte, error) { return koanfyaml.Parser().Marshal(m) }
