package httpapi

import (
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/policy"
)

// checkPath checks every parameter of the path before any handler runs. A text that is no
// identifier names no object, so its answer is the one for a missing object.
func (s *server) checkPath(c *gin.Context) {
	for i, p := range c.Params {
		switch p.Key {
		case "reference":
			// A reference is the client's own text; the gateway decides whether it is
			// valid. A wrong escape leaves a percent sign, which no reference has.
			if reference, err := url.PathUnescape(p.Value); err == nil {
				c.Params[i].Value = reference
			}
		case "question": // askQuestion looks it up
			if len(p.Value) > event.MaxText {
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

// identifierPrefix is the prefix of the identifiers that a parameter of this name takes.
func identifierPrefix(name string) string {
	switch name {
	case "organisation":
		return "o"
	case "person":
		return "p"
	case "contract", "batch", "document", "assignment", "receipt", "membership":
		return name[:1]
	case "hold":
		return "h"
	case "erasure":
		return "x"
	default:
		panic("no identifiers are called " + name) // a route that this package does not know: every request to it fails
	}
}
