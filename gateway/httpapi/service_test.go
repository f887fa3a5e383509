package httpapi_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/gateway/identity"
)

const gatewayURL = "https://gateway.example"

// service is a whole gateway behind a real HTTP server. The test is its trusted proxy,
// and can thus be at any address.
type service struct {
	*gatewaytest.World
	URL    string
	Issuer *identity.Issuer
	API    http.Handler
	told   served
	Log    *logText // what was logged at warn and above; a request's lines are there before its answer
}

func serve(t *testing.T) *service { return serveHouse(t, gatewaytest.New(t, gatewaytest.Config{})) }

func serveHouse(t *testing.T, house *gatewaytest.House) *service {
	return serveWith(t, house, atLeisure)
}

// How long a body may stand still: long enough for a slow machine, or so short that a
// test can wait for the end.
const (
	atLeisure = time.Minute
	briefly   = 200 * time.Millisecond
)

func serveWith(t *testing.T, house *gatewaytest.House, progress time.Duration) *service {
	t.Helper()
	return serveWorld(t, house.World(t), progress)
}

// replica is a second gateway on the same database and objects.
func (s *service) replica(t *testing.T) *service {
	t.Helper()
	return serveWorld(t, s.At(s.Replica(t)), atLeisure)
}

func serveWorld(t *testing.T, world *gatewaytest.World, progress time.Duration) *service {
	t.Helper()
	house := world.House
	s := &service{World: world, Log: &logText{}}
	s.Issuer = newIssuer(t, house, "token", gatewayURL)
	keys := s.Issuer.KeySet()
	verifier, err := identity.NewVerifier(identity.VerifierConfig{
		Keys: keys, Issuer: gatewayURL, Audience: gatewayURL, Clock: house.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.API, err = httpapi.NewHandler(httpapi.Config{
		Gateway: s.Gateway, Issuer: s.Issuer, Verifier: verifier, Clock: house.Clock.Now, Logger: log, Served: s.told.add,
		Keys:           identity.JWKS{Keys: append(keys.Keys, house.Receipts.PublicJWK())},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Progress:       progress,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s.API)
	server.Config = httpapi.NewServer(s.API, log)
	server.Start()
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// logText is a log that may be read while the server writes it.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String implements fmt.Stringer.
func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newIssuer issues tokens with a key that is the same in every run.
func newIssuer(t *testing.T, house *gatewaytest.House, key, audience string) *identity.Issuer {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, key)
	i, err := identity.NewIssuer(identity.IssuerConfig{
		Key: ed25519.NewKeyFromSeed(seed), Issuer: gatewayURL, Audience: audience, Clock: house.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// token is an access token for the person.
func (s *service) token(t *testing.T, who gateway.Caller) string {
	t.Helper()
	token, _, err := s.Issuer.Issue(who.Person, "client-credentials")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body []byte
}

// header are the headers that differ from the usual ones; an empty value removes one.
type header map[string]string

// request is a person's request from inside the contracts' site.
func (s *service) request(t *testing.T, who gateway.Caller, method, path, body string, h header) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token(t, who))
	r.Header.Set("X-Forwarded-For", gatewaytest.Address.String())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range h {
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	return r
}

func (s *service) do(t *testing.T, r *http.Request) answer {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: reading the answer: %v", r.Method, r.URL.Path, err)
	}
	return answer{response, body}
}

func (s *service) call(t *testing.T, who gateway.Caller, method, path, body string, h header) answer {
	t.Helper()
	return s.do(t, s.request(t, who, method, path, body, h))
}

// put uploads a document as the client's system.
func (s *service) put(t *testing.T, batch gateway.BatchID, reference, class, body string, h header) answer {
	t.Helper()
	all := header{"Content-Type": "text/plain", "Content-Disposition": `attachment; filename="claim.txt"`}
	for name, value := range h {
		all[name] = value
	}
	return s.call(t, s.System, http.MethodPut, "/v1/batches/"+string(batch)+"/documents/"+reference+"?class="+class, body, all)
}

// into decodes an answer with the expected status.
func into[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	var v T
	if a.StatusCode != status {
		t.Fatalf("%s %s: got %d, want %d: %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return v
}

// wantProblem checks the kind of a problem, and everything that all problems have in
// common.
func wantProblem(t *testing.T, a answer, status int, kind string) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Errorf("%d %q is no problem: %v", a.StatusCode, a.body, err)
		return p
	}
	if a.StatusCode != status || p.Status != status || p.Kind() != kind {
		t.Errorf("got %d %+v, want %d %s", a.StatusCode, p.Error(), status, kind)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: content type %q", kind, got)
	}
	if p.Request == "" || p.Request != a.Header.Get("Request-Id") || !strings.HasPrefix(p.Request, "q_") {
		t.Errorf("%s: request %q, header %q", kind, p.Request, a.Header.Get("Request-Id"))
	}
	return p
}

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return api.FormatDigest(sum[:])
}

// served is what the API told of its requests.
type served struct {
	mu   sync.Mutex
	list []httpapi.Served
}

func (s *served) add(d httpapi.Served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, d)
}

// Served is what was told of the requests that ended.
func (s *service) Served() []httpapi.Served {
	s.told.mu.Lock()
	defer s.told.mu.Unlock()
	return slices.Clone(s.told.list)
}
