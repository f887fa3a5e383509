package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// clientCredentials is the name of this way of signing in, in tokens and in the ledger.
const clientCredentials = "client-credentials"

// issueToken is the token endpoint of OAuth 2.0 for client credentials (RFC 6749, section
// 4.4). Its errors are those of section 5.2, not problems, except for failures of the
// gateway.
func (s *server) issueToken(c *gin.Context) {
	client, secret, refused := s.credentials(c)
	if refused != "" {
		s.tokenError(c, refused)
		return
	}
	err := s.gateway.SignIn(c.Request.Context(), gateway.SignIn{
		Client: policy.PersonID(client), Secret: secret,
		Address: address(c.Request, s.proxies), UserAgent: userAgent(c), Request: requestID(c),
	})
	var denied *gateway.Denied
	switch {
	case errors.Is(err, gateway.ErrNotFound) || errors.As(err, &denied):
		s.tokenError(c, "invalid_client")
	case err != nil:
		s.problem(c, err)
	default:
		s.giveToken(c, policy.PersonID(client))
	}
}

func (s *server) giveToken(c *gin.Context, person policy.PersonID) {
	token, expires, err := s.issuer.Issue(person, clientCredentials)
	if err != nil {
		s.problem(c, err)
		return
	}
	c.Header("Pragma", "no-cache") // RFC 6749, section 5.1; identify set Cache-Control
	s.json(c, http.StatusOK, api.Token{
		AccessToken: token, TokenType: "Bearer", ExpiresIn: int64(expires.Sub(s.clock()) / time.Second),
	})
}

// credentials reads the credentials, or gives the error code of RFC 6749. They come with
// HTTP Basic or in the form, never both.
func (s *server) credentials(c *gin.Context) (client, secret, refused string) {
	form, ok := s.tokenForm(c)
	if !ok {
		return "", "", "invalid_request"
	}
	switch form["grant_type"] {
	case "client_credentials":
	case "":
		return "", "", "invalid_request"
	default:
		return "", "", "unsupported_grant_type"
	}
	client, hasClient := form["client_id"]
	secret, hasSecret := form["client_secret"]
	switch headers := c.Request.Header.Values("Authorization"); {
	case len(headers) == 0 && hasClient && hasSecret:
		return client, secret, ""
	case len(headers) == 0:
		return "", "", "invalid_client"
	case len(headers) > 1 || hasSecret:
		return "", "", "invalid_request"
	}
	basicClient, basicSecret, ok := basic(c.Request)
	if !ok || hasClient && client != basicClient {
		return "", "", "invalid_client"
	}
	return basicClient, basicSecret, ""
}

// tokenForm reads the form in the body. It ignores parameters in the query: credentials
// in a URL end up in logs.
func (s *server) tokenForm(c *gin.Context) (map[string]string, bool) {
	if mediaType(c.Request, "application/x-www-form-urlencoded") != nil {
		return nil, false
	}
	text, err := s.readSmall(c)
	if err != nil {
		return nil, false
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, false
	}
	form := map[string]string{}
	for name, given := range values {
		if len(given) != 1 { // "parameters MUST NOT be included more than once"
			return nil, false
		}
		form[name] = given[0]
	}
	return form, true
}

// basic reads HTTP Basic as OAuth wants it: user and password are form-encoded first (RFC
// 6749, section 2.3.1).
func basic(r *http.Request) (client, secret string, ok bool) {
	client, secret, ok = r.BasicAuth()
	if !ok {
		return "", "", false
	}
	client, err := url.QueryUnescape(client)
	if err != nil {
		return "", "", false
	}
	secret, err = url.QueryUnescape(secret)
	return client, secret, err == nil
}

// tokenErrors tell people what each code asks of them. None says whether the person is
// known.
var tokenErrors = map[string]string{
	"invalid_request": "The body must be a form (application/x-www-form-urlencoded) with grant_type=client_credentials, each " +
		"parameter once, and the credentials either in it (client_id, client_secret) or with HTTP Basic.",
	"unsupported_grant_type": "grant_type must be client_credentials.",
	"invalid_client": "The credentials are missing or not valid: send client_id and client_secret, of a person who is a member, " +
		"in the form or with HTTP Basic.",
}

func (s *server) tokenError(c *gin.Context, code string) {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
		c.Header("WWW-Authenticate", `Basic realm="bordereau"`)
	}
	c.Set(reasonKey{}, [2]string{code, code})
	c.Header("Pragma", "no-cache")
	closeUnread(c)
	s.json(c, status, api.TokenError{Error: code, ErrorDescription: orNil(tokenErrors[code])})
}

// json answers with a value, for the operations without a generated answer.
func (s *server) json(c *gin.Context, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		s.problem(c, err)
		return
	}
	c.Data(status, "application/json", text)
}
