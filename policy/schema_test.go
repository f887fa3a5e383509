package policy_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/jsonschema/v6"

	"github.com/bordereau/bordereau/policy"
)

// schemaDocument is the schema as a value.
func schemaDocument(t *testing.T) map[string]any {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(policy.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	return document.(map[string]any)
}

// valid says whether the schema takes terms, which are YAML.
func valid(t *testing.T) func(text []byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("terms.schema.json", schemaDocument(t)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("terms.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text []byte) error {
		t.Helper()
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(asJSON(t, text)))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(value)
	}
}

// The schema has exactly the keys that the parser has, and is closed wherever it has any.
func TestTheSchemaHasTheParsersKeys(t *testing.T) {
	root := schemaDocument(t)
	keys := map[string]bool{}
	var walk func(at map[string]any, prefix string)
	walk = func(at map[string]any, prefix string) {
		if ref, ok := at["$ref"].(string); ok {
			walk(root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any), prefix)
		}
		if items, ok := at["items"].(map[string]any); ok {
			walk(items, prefix)
		}
		properties, _ := at["properties"].(map[string]any)
		for key, value := range properties {
			keys[prefix+key] = true
			walk(value.(map[string]any), prefix+key+".")
		}
		patterns, _ := at["patternProperties"].(map[string]any)
		for _, value := range patterns {
			walk(value.(map[string]any), prefix+"*.")
		}
		if at["type"] == "object" && at["additionalProperties"] != false {
			t.Errorf("%s takes any key", prefix)
		}
	}
	walk(root, "")
	if diff := cmp.Diff(termKeys(t), slices.Sorted(maps.Keys(keys))); diff != "" {
		t.Errorf("keys of the parser (-) and of the schema (+):\n%s", diff)
	}
}

// The schema takes every example, and what parser and schema both can see both refuse.
func TestTheSchemaAgreesWithTheParser(t *testing.T) {
	check := valid(t)
	files, err := filepath.Glob("../docs/examples/contracts/*.*")
	if err != nil || len(files) != 5 {
		t.Fatal(files, err)
	}
	own, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, own...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	motor, err := os.ReadFile("../docs/examples/contracts/motor-claims.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"title:", "titel:"},
		{"from: 2026-01-01", "from: tomorrow"},
		{"zone: Europe/Paris", "zone: Local"},
		{"o_aaaaaaaaaaaaaaaaaaaaaaaaaa", "o_a"},
		{"reference: MOTOR-2026-01", "reference: ../x"},
		{"{media-types: [application/pdf], max-bytes: 5242880", "{max-bytes: 5242880"},
		{"[image/tiff, image/jpeg]", "[]"},
		{"[image/tiff, image/jpeg]", "[image/tiff, image/tiff]"},
		{"[image/tiff, image/jpeg]", "[TIFF]"},
		{"max-bytes: 5242880", "max-bytes: 0"},
		{"max-bytes: 5242880", `max-bytes: "5242880"`},
		{"max-bytes: 5242880", "max-bytes: 5242880, colour: red"},
		{"claim-form:", "Claim-Form:"},
		{"[identification, vehicle]}", "[]}"},
		{"country: FR", "country: fra"},
		{"country: FR, ", ""},
		{"198.51.100.16/28", "lyon"},
		{"days: [sat]", "days: [saturday]"},
		{`until: "12:00"`, `until: "25:00"`},
		{"lease: 8h", "lease: long"},
		{"gateway-days: 90", "gateway-days: 0"},
		{"exit: destroy", "exit: keep"},
		{"provider-manager: {", "auditor: {"},
		{"may: [batch.read]}", "may: [document.read]}"},
		{"mechanism: scc", "mechanism: trust"},
		{"assessed: 2025-12-01, ", ""},
		{"sub-processors: []", "sub-processors: [{name: X}]"},
		{"currency: EUR", "currency: euro"},
		{"  currency: EUR\n", ""},
		{"  unit: document\n", ""},
		{"  period: month\n", ""},
		{"deadband-percent: 10", "deadband-percent: 101"},
		{"reduced: [{price: 40}]", "reduced: [{up-to: 5}]"},
		{"hard-cap: false", "hard-cap: perhaps"},
	} {
		text := []byte(strings.Replace(string(motor), change[0], change[1], 1))
		if string(text) == string(motor) {
			t.Errorf("there is no %s", change[0])
		}
		if _, err := policy.ParseTerms(text); err == nil {
			t.Errorf("%s: the parser takes it", change[1])
		}
		if check(text) == nil {
			t.Errorf("%s: the schema takes it", change[1])
		}
	}
}
