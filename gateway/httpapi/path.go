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
			// The client's own text: the gateway says what a reference is. An escape that is none leaves a percent sign,
			// which no reference has.
			if reference, err := url.PathUnescape(p.Value); err == nil {
				c.Params[i].Value = reference
			}
		case "question": // is looked up where the questions are
			if len(p.Value) > maxFilter {
				s.problem(c, gateway.ErrNotFound)
				return
			}
		case "seq":
			if n, err := strconv.ParseUint(p.Value, 10, 63); err != nil || strconv.FormatUint(n, 10) != p.Value {
				s.problem(c, gateway.ErrNotFound)
				return
			}
		case "tile": // the gateway knows the names of tiles
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

// identifierPrefix is how the identifiers of a kind of thing begin, by the name that parameters have for it.
func identifierPrefix(name string) string {
	switch name {
	case "organisation", "provider":
		return "o"
	case "person", "actor":
		return "p"
	case "contract", "batch", "document", "assignment", "receipt", "membership":
		return name[:1]
	case "hold":
		return "h"
	case "erasure":
		return "x"
	default:
		panic("no identifiers are called " + name) // a route that this package does not know: no request gets past it
	}
}
