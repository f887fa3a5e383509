package policy

import _ "embed"

//go:embed terms.schema.json
var schema string

// Schema is the form of terms as a JSON Schema (2020-12), for editors and for other
// programs. ParseTerms refuses more than a schema can express, and accepts texts without
// quotes that a schema takes for numbers.
func Schema() string { return schema }
