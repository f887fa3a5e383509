package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

func TestWithoutAValidTokenNothing(t *testing.T) {
	s := serve(t)
	good := s.token(t, s.System)
	issue := func(key, audience string) string {
		token, _, err := newIssuer(t, s.House, key, audience).Issue(s.System.Person, "client-credentials")
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, authorization := range map[string]string{
		"none":             "",
		"empty":            "Bearer ",
		"no scheme":        good,
		"another scheme":   "Basic " + good,
		"two spaces":       "Bearer  " + good,
		"cut":              "Bearer " + good[:len(good)-1],
		"another key":      "Bearer " + issue("stolen", gatewayURL),
		"another audience": "Bearer " + issue("token", "https://elsewhere.example"),
	} {
		t.Run(name, func(t *testing.T) {
			a := s.call(t, s.System, http.MethodGet, "/v1/contracts", "", header{"Authorization": authorization})
			wantUnauthenticated(t, a, len(authorization) > len("Bearer ") && strings.HasPrefix(authorization, "Bearer "))
		})
	}
	t.Run("expired", func(t *testing.T) {
		r := s.request(t, s.System, http.MethodGet, "/v1/contracts", "", nil)
		s.Clock.Advance(time.Hour)
		wantUnauthenticated(t, s.do(t, r), true)
	})
	t.Run("two headers", func(t *testing.T) {
		r := s.request(t, s.System, http.MethodGet, "/v1/contracts", "", nil)
		r.Header.Add("Authorization", r.Header.Get("Authorization"))
		wantUnauthenticated(t, s.do(t, r), false)
	})
	t.Run("in the query", func(t *testing.T) {
		a := s.call(t, s.System, http.MethodGet, "/v1/contracts?access_token="+s.token(t, s.System), "", header{"Authorization": ""})
		wantUnauthenticated(t, a, false)
	})
	t.Run("other case of the scheme", func(t *testing.T) {
		a := s.call(t, s.System, http.MethodGet, "/v1/contracts", "", header{"Authorization": "bearer " + s.token(t, s.System)})
		if a.StatusCode != http.StatusOK {
			t.Errorf("got %d: %s", a.StatusCode, a.body)
		}
	})
}

func wantUnauthenticated(t *testing.T, a answer, invalidToken bool) {
	t.Helper()
	wantProblem(t, a, http.StatusUnauthorized, "unauthenticated")
	challenge := a.Header.Get("WWW-Authenticate")
	if !strings.HasPrefix(challenge, "Bearer ") || strings.Contains(challenge, `error="invalid_token"`) != invalidToken {
		t.Errorf("challenge %q", challenge)
	}
}

// The routes are those of the OpenAPI document, so that a new one is tested too.
func TestEveryRouteNeedsAToken(t *testing.T) {
	s := serve(t)
	operations := 0
	for path, item := range specification(t).Model.Paths.PathItems.FromOldest() {
		for method := range item.GetOperations().FromOldest() {
			operations++
			if path == "/oauth/token" || path == "/.well-known/jwks.json" {
				continue
			}
			path := strings.NewReplacer("{", "", "}", "").Replace(path)
			a := s.call(t, s.System, strings.ToUpper(method), path, "", header{"Authorization": ""})
			if a.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s: got %d without a token: %s", method, path, a.StatusCode, a.body)
			}
		}
	}
	if operations < 29 {
		t.Errorf("only %d operations in the document", operations)
	}
}

// Contracts allow reading from sites, so no client may choose its own address.
func TestTheAddressIsTheTrustedProxys(t *testing.T) {
	s := serve(t)
	batch, documents := s.Sent(t, 1)
	s.Taken(t, batch)
	path := "/v1/documents/" + string(documents[0].ID) + "/content"
	inside, outside := gatewaytest.Address.String(), gatewaytest.Outside.String()
	for name, c := range map[string]struct {
		forwarded []string
		want      int
	}{
		"inside":                          {[]string{inside}, 200},
		"outside":                         {[]string{outside}, 403},
		"caller claims to be inside":      {[]string{inside + ", " + outside}, 403},
		"caller claims on another line":   {[]string{inside, outside}, 403},
		"behind two proxies":              {[]string{outside + "," + inside + " , 127.0.0.9"}, 200},
		"an address that is none":         {[]string{"unknown"}, 403},
		"only proxies":                    {[]string{"127.0.0.2, 127.0.0.3"}, 403},
		"a proxy that says nothing":       {nil, 403},
		"an IPv4 address written as IPv6": {[]string{"::ffff:" + inside}, 200},
		"with a port":                     {[]string{inside + ":51234"}, 200},
		"outside with a port":             {[]string{outside + ":51234"}, 403},
		"as IPv6 with a port":             {[]string{"[::ffff:" + inside + "]:443"}, 200},
		"behind a proxy with a port":      {[]string{inside + ":51234, 127.0.0.9:80"}, 200},
		"in brackets without a port":      {[]string{"[" + inside + "]"}, 403},
		"a port that is none":             {[]string{inside + ":https"}, 403},
		"a port that is too large":        {[]string{inside + ":65536"}, 403},
		"two ports":                       {[]string{inside + ":1:2"}, 403},
		"quoted":                          {[]string{`"` + inside + `:51234"`}, 403},
	} {
		r := s.request(t, s.Handler, http.MethodGet, path, "", header{"X-Forwarded-For": ""})
		r.Header["X-Forwarded-For"] = c.forwarded
		if a := s.do(t, r); a.StatusCode != c.want {
			t.Errorf("%s: got %d, want %d: %s", name, a.StatusCode, c.want, a.body)
		}
	}
}
