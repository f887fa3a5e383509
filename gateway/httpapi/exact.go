package httpapi

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"

	"github.com/gin-gonic/gin"
)

// exact passes a request to its handler only if the operation knows every query parameter
// and every member of the body, each in its spelling and once, and only if no required
// one is missing. Without this check a misspelt filter would be ignored, and the answer
// would be to another question.
//
// The generated request object describes the operation: the form tags of its Params, and
// the json tags of its Body, where a tag without omitempty is required. Bodies are flat,
// so only the first level of members is checked.
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

// exactQuery checks the names in a query. params is the zero Value for an operation
// without query parameters.
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

// onlyKnown refuses unknown query parameters, and parameters given twice or empty.
func onlyKnown(values url.Values, known map[string]bool) error {
	for name, given := range values {
		if _, ok := known[name]; !ok {
			return &refusal{kind: kindParameter, field: bounded(name), detail: "This operation has no such parameter."}
		}
		if len(given) != 1 || given[0] == "" {
			return &refusal{kind: kindParameter, field: name, detail: "The value must be given once, with a value."}
		}
	}
	return nil
}

// exactBody checks the members of a body. body is the zero Value for an operation without
// one.
func exactBody(text []byte, body reflect.Value) error {
	if !body.IsValid() {
		if len(text) > 0 {
			return &refusal{kind: kindBody, detail: "This operation takes no body."}
		}
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return &refusal{kind: kindBody, detail: "The value must be a JSON object."}
	}
	known := fields(body.Type().Elem(), "json")
	for name, value := range members {
		if _, ok := known[name]; !ok {
			return &refusal{kind: kindBody, field: bounded(name), detail: "This operation has no such member."}
		}
		if string(value) == "null" {
			return &refusal{kind: kindBody, field: name, detail: "The value must not be null: leave the member out."}
		}
	}
	for name, required := range known {
		if _, ok := members[name]; required && !ok {
			return &refusal{kind: kindBody, field: name, detail: "The value is required."}
		}
	}
	return nil
}

// fields gives the names of a generated struct's fields by their tag, and whether each is
// required.
func fields(t reflect.Type, tag string) map[string]bool {
	names := make(map[string]bool, t.NumField())
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get(tag), ",")
		names[name] = !strings.Contains(options, "omitempty")
	}
	return names
}
