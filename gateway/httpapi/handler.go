package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/identity"
)

// Config configures the API. A zero field has the stated default.
type Config struct {
	Gateway  *gateway.Gateway
	Issuer   *identity.Issuer   // issues the tokens of POST /oauth/token
	Verifier *identity.Verifier // verifies the tokens of every other request
	Keys     identity.JWKS      // public keys of tokens and of receipts, for every client
	Clock    func() time.Time   // time.Now
	Logger   *slog.Logger       // discards

	// TrustedProxies are the networks of the proxies whose X-Forwarded-For is believed.
	// Default: none. Contracts allow reading from sites, so a client that can forge this
	// address seems to be at any site: list the proxies themselves, nothing wider.
	TrustedProxies []netip.Prefix

	// Progress is how long a body or an answer may stand still before the connection is
	// cut. Default: 1 min.
	Progress time.Duration

	// Served is called with every request that ended, by all of them at once. Default:
	// nothing is called.
	Served func(Served)
}

// server has a method for every operation.
type server struct {
	gateway  *gateway.Gateway
	issuer   *identity.Issuer
	verifier *identity.Verifier
	keys     identity.JWKS
	clock    func() time.Time
	log      *slog.Logger
	proxies  []netip.Prefix
	progress time.Duration
	served   func(Served)

	anonymous bucket // limits the log of requests without a valid token
}

var _ StrictServerInterface = (*server)(nil)

// NewHandler makes the handler of the whole API. It is safe for concurrent use.
func NewHandler(c Config) (http.Handler, error) {
	if c.Gateway == nil || c.Issuer == nil || c.Verifier == nil || len(c.Keys.Keys) == 0 {
		return nil, errors.New("making API handler: Gateway, Issuer, Verifier and Keys are required")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Progress == 0 {
		c.Progress = time.Minute
	}
	s := &server{
		gateway: c.Gateway, issuer: c.Issuer, verifier: c.Verifier, keys: c.Keys,
		clock: c.Clock, log: c.Logger, proxies: c.TrustedProxies, progress: c.Progress, served: c.Served,
	}
	return s.engine(), nil
}

// release sets gin's mode, which belongs to the process. In debug mode gin prints to
// standard output.
var release = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

// engine is gin without its guesses: it corrects no path, redirects nowhere and believes
// no header.
func (s *server) engine() *gin.Engine {
	release()
	e := gin.New()
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.HandleMethodNotAllowed = true
	e.ForwardedByClientIP = false // address.go finds the caller's address

	// gin takes parameters from the path as it was sent, and path.go decodes the one that
	// may need it. gin's own decoding reads a plus sign as a space.
	e.UseEscapedPath = true
	e.UnescapePathValues = false

	e.Use(s.identify, s.recover, s.watchProgress, s.authenticate, s.checkPath)
	e.NoRoute(func(c *gin.Context) { s.problem(c, gateway.ErrNotFound) })
	e.NoMethod(func(c *gin.Context) { s.problem(c, &refusal{kind: kindMethod}) })

	RegisterHandlersWithOptions(e, s.strict(), GinServerOptions{
		Middlewares:  []MiddlewareFunc{s.readJSON},
		ErrorHandler: func(c *gin.Context, err error, _ int) { s.problem(c, badParameter(err)) },
	})
	e.POST(tokenPath, s.issueToken)
	e.POST("/v1/contracts", s.proposeContract)
	e.POST("/v1/contracts/:contract/amendments", s.amendContract)
	e.PUT("/v1/batches/:batch/documents/:reference", s.upload)
	e.GET("/v1/documents/:document/content", s.download)
	e.HEAD("/v1/documents/:document/content", s.head)
	e.GET("/v1/audit/ledgers/:ledger/tile/*tile", s.tile)
	return e
}

// strict is the generated server around the handlers of JSON operations.
func (s *server) strict() ServerInterface {
	return NewStrictHandlerWithOptions(s, []StrictMiddlewareFunc{exact}, StrictGinServerOptions{
		RequestErrorHandlerFunc:  func(c *gin.Context, err error) { s.problem(c, badBody(err)) },
		HandlerErrorFunc:         s.problem,
		ResponseErrorHandlerFunc: s.problem,
	})
}
