package httpapi

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/policy"
)

// These are the keys of values that middleware leaves in the gin context.
type (
	requestKey struct{} // string: the request's identifier
	callerKey  struct{} // gateway.Caller
	bodyKey    struct{} // []byte: the JSON text of the body, empty for none
)

// identify gives the request its identifier and the answer the headers that every answer
// has. It tells how the request ended.
func (s *server) identify(c *gin.Context) {
	id := policy.NewID("q")
	c.Set(requestKey{}, id)
	h := c.Writer.Header()
	h.Set("Request-Id", id)
	h.Set("Cache-Control", "no-store, no-transform") // or a proxy could compress what a digest is of
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if c.Request.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	began, whole, body := time.Now(), false, &countedBody{ReadCloser: c.Request.Body}
	if c.Request.Body != nil {
		c.Request.Body = body
	}
	defer func() { s.observe(c, began, body, whole) }()
	c.Next()
	whole = true
}

// enter begins a handler of a JSON operation. It gives the request's own context, which
// outlives gin's, and the caller. It panics without an authenticated caller: there is no
// anonymous one.
func enter(ctx context.Context) (context.Context, gateway.Caller) {
	c := ctx.(*gin.Context)
	return c.Request.Context(), callerOf(c)
}

func callerOf(c *gin.Context) gateway.Caller { return c.MustGet(callerKey{}).(gateway.Caller) }

func requestID(c *gin.Context) string { return c.GetString(requestKey{}) }

// maxUserAgent is the longest part of a User-Agent that is kept, in bytes.
const maxUserAgent = 256

// userAgent is the caller's User-Agent, cut and made valid UTF-8 without control
// characters: the ledger refuses anything else.
func userAgent(c *gin.Context) string {
	s := c.Request.UserAgent()
	if len(s) > maxUserAgent {
		s = s[:maxUserAgent]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
