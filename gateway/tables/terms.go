package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/policy"
)

// termsOfThePage is the table of terms in docs/contracts.md.
func termsOfThePage() string {
	var b strings.Builder
	b.WriteString("\n| term | does | refusal when it is not met |\n|---|---|---|\n")
	for _, k := range policy.Keys() {
		var refusals []string
		for _, r := range k.Refusals {
			refusals = append(refusals, fmt.Sprintf("`%s`", r))
		}
		does := k.Does
		if k.Recorded {
			does = "*recorded*: " + does
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Path, does, orNone(strings.Join(refusals, ", ")))
	}
	return b.String() + "\n"
}

// The root of the schema, and the forms that it refers to.
const (
	head = `"$schema": "https://json-schema.org/draft/2020-12/schema",
"$id": "urn:bordereau:terms",
"title": "Terms of a Bordereau contract",
"description": "The form of terms, for editors. The gateway requires more than a schema can express: dates in order, hours without overlap, an existing zone. ` +
		"`bordereau contract check`" + ` checks all of it."`
	defs = `"$defs": {
	"name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
	"date": {"description": "A day of the calendar.", "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
}`
	aClass = "^[a-z][a-z0-9-]{0,62}$" // as names are
)

// schemaOfTerms is the JSON Schema. It is closed wherever it has keys.
func schemaOfTerms() (string, error) {
	text := "{" + join(head, mapping("", nil), defs) + "}"
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "\t"); err != nil {
		return "", fmt.Errorf("a form of policy's keys is no JSON: %w", err)
	}
	return b.String() + "\n", nil
}

// mapping gives the members of a mapping whose keys are those below the path. It gives
// none when there are no keys.
func mapping(path string, needs []string) string {
	var properties, patterns []string
	for _, k := range policy.Keys() {
		key, ok := strings.CutPrefix(k.Path, path)
		switch {
		case !ok || strings.Contains(key, "."):
		case key == "NAME":
			patterns = append(patterns, quote(aClass)+": "+value(k))
		case key == "ROLE":
			patterns = append(patterns, rolesAfterEnd(k)...)
		default:
			properties = append(properties, quote(key)+": "+value(k))
		}
	}
	if len(properties)+len(patterns) == 0 {
		return ""
	}
	members := `"type": "object", "additionalProperties": false`
	if len(needs) > 0 {
		members = join(members, `"required": ["`+strings.Join(needs, `", "`)+`"]`)
	}
	return join(members, group("properties", properties), group("patternProperties", patterns))
}

// value is the schema of a key's value.
func value(k policy.Key) string {
	below := mapping(k.Path+".", k.Needs)
	if below != "" && strings.Contains(k.Form, `"type": "array"`) {
		below = `"items": {` + below + "}"
	}
	return "{" + join(`"description": `+quote(sentence(k)), k.Form, below) + "}"
}

// rolesAfterEnd are the schemas of the roles that may still act after the end.
func rolesAfterEnd(k policy.Key) []string {
	var patterns []string
	for _, r := range policy.Roles() {
		acts := policy.AfterEnd(r.Role)
		if len(acts) == 0 {
			continue
		}
		list, err := json.Marshal(acts)
		if err != nil {
			panic(err) // a list of strings
		}
		patterns = append(patterns, quote("^"+string(r.Role)+"$")+": "+strings.ReplaceAll(value(k), "ACTS", string(list)))
	}
	return patterns
}

func sentence(k policy.Key) string {
	text := strings.ToUpper(k.Does[:1]) + k.Does[1:] + "."
	if k.Recorded {
		text += " Recorded."
	}
	return text
}

func group(name string, members []string) string {
	if len(members) == 0 {
		return ""
	}
	return quote(name) + ": {" + strings.Join(members, ",\n") + "}"
}

// join puts commas between the texts that are not empty.
func join(texts ...string) string {
	var some []string
	for _, t := range texts {
		if t != "" {
			some = append(some, t)
		}
	}
	return strings.Join(some, ", ")
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string
	}
	return strings.TrimSpace(b.String())
}
