package policy

import _ "embed"

//go:embed terms.schema.json
var schema string

// Schema is the form of terms as a JSON Schema (2020-12), for editors and for other programs. It is no more than the form:
// ParseTerms refuses more than a schema can say, and takes texts without quotes that a schema would have for numbers.
func Schema() string { return schema }
