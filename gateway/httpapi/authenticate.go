package httpapi

import (
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/identity"
)

// keysPath and tokenPath are the only routes that need no token.
const (
	keysPath  = "/.well-known/jwks.json"
	tokenPath = "/oauth/token"
)

// authenticate finds out who asks, from the access token in the one Authorization header
// (RFC 6750). It runs before anything else of the request is read. Every route needs a
// token unless it is named here.
func (s *server) authenticate(c *gin.Context) {
	switch c.FullPath() {
	case "", keysPath, tokenPath: // "" is no route: no handler runs for it
		return
	}
	token, refused := bearer(c.Request.Header.Values("Authorization"))
	if refused != "" {
		s.unauthenticated(c, `Bearer realm="bordereau"`, refused)
		return
	}
	claims, err := s.verifier.Verify(token)
	if err != nil {
		s.log.Debug("token refused", "request", requestID(c), "error", err)
		if errors.Is(err, identity.ErrExpired) {
			s.unauthenticated(c, `Bearer realm="bordereau", error="invalid_token", error_description="The access token has expired"`,
				"The access token has expired: get a new one from "+tokenPath+".")
			return
		}
		s.unauthenticated(c, `Bearer realm="bordereau", error="invalid_token", error_description="The access token is not valid"`,
			"The access token is not valid here and now.")
		return
	}
	c.Set(callerKey{}, gateway.Caller{
		Person:    claims.Person,
		Auth:      claims.Auth,
		Address:   address(c.Request, s.proxies),
		UserAgent: userAgent(c),
		Request:   requestID(c),
	})
}

func (s *server) unauthenticated(c *gin.Context, challenge, detail string) {
	c.Writer.Header().Set("WWW-Authenticate", challenge)
	s.problem(c, &refusal{kind: kindUnauthenticated, detail: detail})
}

// bearer gives the token in the Authorization header, or what is wrong with the header.
// Two headers are refused: a proxy may have checked the other one.
func bearer(headers []string) (token, refused string) {
	switch len(headers) {
	case 0:
		return "", "There is no access token."
	case 1:
	default:
		return "", "There must be exactly one Authorization header."
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", "The Authorization header must be `Bearer` and an access token."
	}
	return token, ""
}
