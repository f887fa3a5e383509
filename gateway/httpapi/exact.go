package httpapi

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"

	"github.com/gin-gonic/gin"
)

// exact lets a request through to its handler only if the client said nothing that the operation does not know: every
// query parameter and every member of the body is one of its own, in exactly its spelling, once, and all that it needs are
// there. A filter that is ignored for a misspelt name would answer another question than was asked.
//
// The generated request object says what the operation knows: the form tags of its Params, the json tags of its Body,
// where a tag without omitempty is required. Bodies are flat, so the first level of members is all there is to check.
func exact(next StrictHandlerFunc, _ string) StrictHandlerFunc {
	return func(c *gin.Context, request any) (any, error) {
		r := reflect.ValueOf(request)
		if err := exactQuery(c.Request.URL.RawQuery, r.FieldByName("Params")); err != nil {
			return nil, err
		}
		if err := exactBody(c.MustGet(bodyKey{}).([]byte), r.FieldByName("Body")); err != nil {
			return nil, err
		}
		return next(c, request)
	}
}

// exactQuery checks the names in a query. params is the zero Value for an operation without query parameters.
func exactQuery(query string, params reflect.Value) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return &refusal{kind: kindParameter, detail: "The query cannot be read."}
	}
	known := map[string]bool{}
	if params.IsValid() {
		known = fields(params.Type(), "form")
	}
	return onlyKnown(values, known)
}

// onlyKnown refuses query parameters that are not known, and those that are given twice or empty.
func onlyKnown(values url.Values, known map[string]bool) error {
	for name, given := range values {
		if _, ok := known[name]; !ok {
			return &refusal{kind: kindParameter, field: bounded(name), detail: "This operation has no such parameter."}
		}
		if len(given) != 1 || given[0] == "" {
			return &refusal{kind: kindParameter, field: name, detail: "It must be given once, with a value."}
		}
	}
	return nil
}

// exactBody checks the members of a body. body is the zero Value for an operation without one.
func exactBody(text []byte, body reflect.Value) error {
	if !body.IsValid() {
		if len(text) > 0 {
			return &refusal{kind: kindBody, detail: "This operation takes none."}
		}
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return &refusal{kind: kindBody, detail: "It must be a JSON object."}
	}
	known := fields(body.Type().Elem(), "json")
	for name, value := range members {
		if _, ok := known[name]; !ok {
			return &refusal{kind: kindBody, field: bounded(name), detail: "This operation has no such member."}
		}
		if string(value) == "null" {
			return &refusal{kind: kindBody, field: name, detail: "It must not be null; leave it out."}
		}
	}
	for name, required := range known {
		if _, ok := members[name]; required && !ok {
			return &refusal{kind: kindBody, field: name, detail: "It is required."}
		}
	}
	return nil
}

// fields is the names of a generated struct's fields by their tag, and whether each is required.
func fields(t reflect.Type, tag string) map[string]bool {
	names := make(map[string]bool, t.NumField())
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get(tag), ",")
		names[name] = !strings.Contains(options, "omitempty")
	}
	return names
}
