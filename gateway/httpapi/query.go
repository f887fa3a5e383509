package httpapi

import (
	"reflect"
	"strings"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/policy"
)

// maxPage is the most items on a page.
const maxPage = 500

// page reads the two parameters of every listing.
func page(after *string, limit *int32) (gateway.Page, error) {
	p := gateway.Page{After: or(after)}
	if limit != nil {
		if *limit < 1 || *limit > maxPage {
			return p, &refusal{kind: kindParameter, field: "limit", detail: "The value must be 1 to 500."}
		}
		p.Limit = int(*limit)
	}
	return p, nil
}

// checkIdentifiers refuses parameters and members that are no identifiers. Names are
// those of identifierPrefix.
func checkIdentifiers(byName map[string]*string) error {
	for name, id := range byName {
		if id != nil && policy.ParseIdentifier(identifierPrefix(name), *id) != nil {
			return badIdentifier(name)
		}
	}
	return nil
}

func badIdentifier(field string) error {
	return &gateway.Invalid{Kind: gateway.InvalidIdentifier, Field: field, Detail: "The value is not an identifier of its kind."}
}

// badParameter is the refusal of a query parameter that is missing or of the wrong type.
// The generated server names it only in the text of its error, before the first colon.
func badParameter(err error) error {
	text, _, _ := strings.Cut(err.Error(), ":")
	_, field, _ := strings.Cut(text, "Invalid format for parameter ")
	return &refusal{kind: kindParameter, field: field, detail: "The value is missing or not of its type."}
}

// noParams stands for an operation without parameters.
func noParams() reflect.Value { return reflect.Value{} }

// or is the value, or the zero value for nil.
func or[T any](v *T) T {
	if v == nil {
		return *new(T)
	}
	return *v
}
