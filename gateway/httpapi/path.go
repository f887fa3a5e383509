package httpapi

import (
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/policy"
)

// checkPath looks at every parameter of the path before any handler sees it. What is not an identifier names nothing, so
// it gets the answer for what does not exist.
func (s *server) checkPath(c *gin.Context) {
	for i, p := range c.Params {
		switch p.Key {
		case "reference":
			reference, err := parseReference(p.Value)
			if err != nil {
				s.problem(c, err)
				return
			}
			c.Params[i].Value = reference
		case "version":
			if n, err := strconv.ParseInt(p.Value, 10, 64); err != nil || n < 1 || strconv.FormatInt(n, 10) != p.Value {
				s.problem(c, gateway.ErrNotFound)
				return
			}
		case "ledger":
			if !event.ValidLedger(p.Value) {
				s.problem(c, gateway.ErrNotFound)
				return
			}
		default:
			if policy.ParseIdentifier(identifierPrefix(p.Key), p.Value) != nil {
				s.problem(c, gateway.ErrNotFound)
				return
			}
		}
	}
}

// parseReference decodes the reference in a path and checks it. References need no escapes, but a client may send them.
func parseReference(escaped string) (string, error) {
	reference, err := url.PathUnescape(escaped)
	if err != nil || policy.ParseReference(reference) != nil {
		return "", &refusal{kind: kindReference, field: "reference", detail: "It must be 1 to 255 of A-Z a-z 0-9 - . _ ~, without a leading dot or two dots in a row."}
	}
	return reference, nil
}

// identifierPrefix is how the identifiers of a kind of thing begin, by the name that parameters have for it.
func identifierPrefix(name string) string {
	switch name {
	case "organisation", "provider":
		return "o"
	case "person", "actor":
		return "p"
	case "contract", "batch", "document", "assignment", "receipt", "membership":
		return name[:1]
	default:
		panic("no identifiers are called " + name) // a route that this package does not know: no request gets past it
	}
}
