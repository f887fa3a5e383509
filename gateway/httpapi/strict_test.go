package httpapi_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// The operations that are written by hand read their queries as strictly as the generated
// ones: a parameter that is given twice, empty, misspelt or in another case is refused,
// and so is a query that cannot be read. Each request is good without it.
func TestQueriesOfHandWrittenOperationsAreReadStrictly(t *testing.T) {
	s := serve(t)
	batch, documents := s.Sent(t, 1)
	s.Taken(t, batch)
	open := s.Open(t, "lot-open")
	content := "/v1/documents/" + string(documents[0].ID) + "/content"
	put := "/v1/batches/" + string(open) + "/documents/claim"
	terms := string(gatewaytest.Terms("MOTOR-1", s.Client, s.Provider))
	text := header{"Content-Type": "text/plain", "Content-Disposition": `attachment; filename="claim.txt"`}
	yaml := header{"Content-Type": "application/yaml"}
	amend := "/v1/contracts/" + string(s.Contract) + "/amendments"
	for _, c := range []struct {
		name          string
		ask           func() answer
		field, detail string
	}{
		{"a class twice", func() answer { return s.call(t, s.System, http.MethodPut, put+"?class=anything&class=form", "x", text) }, "class", "once"},
		{"the same class twice", func() answer {
			return s.call(t, s.System, http.MethodPut, put+"?class=anything&class=anything", "x", text)
		}, "class", "once"},
		{"an empty class", func() answer { return s.call(t, s.System, http.MethodPut, put+"?class=", "x", text) }, "class", "once"},
		{"no class", func() answer { return s.call(t, s.System, http.MethodPut, put, "x", text) }, "class", "required"},
		{"Class", func() answer { return s.call(t, s.System, http.MethodPut, put+"?class=anything&Class=form", "x", text) }, "Class", "no such"},
		{"a query that cannot be read", func() answer { return s.call(t, s.System, http.MethodPut, put+"?class=anything&a;b=c", "x", text) }, "", "cannot be read"},
		{"a download with a parameter", func() answer { return s.call(t, s.Handler, http.MethodGet, content+"?part=1", "", nil) }, "part", "no such"},
		{"terms with a parameter", func() answer { return s.call(t, s.Manager, http.MethodPost, "/v1/contracts?draft=yes", terms, yaml) }, "draft", "no such"},
		{"an amendment's time twice", func() answer {
			return s.call(t, s.Manager, http.MethodPost, amend+"?effective=2026-12-01T00:00:00Z&effective=2027-12-01T00:00:00Z", terms, yaml)
		}, "effective", "once"},
		{"no time", func() answer { return s.call(t, s.Manager, http.MethodPost, amend+"?effective=", terms, yaml) }, "effective", "once"},
		{"another time", func() answer { return s.call(t, s.Manager, http.MethodPost, amend+"?effective=tomorrow", terms, yaml) }, "effective", "time"},
	} {
		p := wantProblem(t, c.ask(), http.StatusBadRequest, "parameter")
		field := ""
		if p.Field != nil {
			field = *p.Field
		}
		if field != c.field || p.Detail == nil || !strings.Contains(*p.Detail, c.detail) {
			t.Errorf("%s: field %q, %v; want %q and %q", c.name, field, p.Error(), c.field, c.detail)
		}
	}
	if a := s.call(t, s.Handler, http.MethodHead, content+"?part=1", "", nil); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a head with a parameter: %d", a.StatusCode)
	}
	tile := "/v1/audit/ledgers/" + string(s.Client) + "/tile/0/000.p/1"
	wantProblem(t, s.call(t, s.Officer, http.MethodGet, tile+"?size=1", "", nil), http.StatusBadRequest, "parameter")
	if a := s.call(t, s.System, http.MethodPut, put+"?class=anything", "x", text); a.StatusCode != http.StatusCreated {
		t.Errorf("the good upload: %d %s", a.StatusCode, a.body)
	}
}

// Every answer carries the headers that keep it out of caches, frames and other sites,
// whether it is data, a document, a problem or a route that does not exist.
func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	s := serve(t)
	batch, documents := s.Sent(t, 1)
	s.Taken(t, batch)
	for _, path := range []string{"/v1/batches/" + string(batch), "/v1/documents/" + string(documents[0].ID) + "/content",
		"/v1/batches/no-batch", "/v1/nothing", "/.well-known/jwks.json"} {
		a := s.call(t, s.Handler, http.MethodGet, path, "", nil)
		for name, want := range map[string]string{
			"Cache-Control":                "no-store, no-transform",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; sandbox",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy":              "no-referrer",
			"X-Content-Type-Options":       "nosniff",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s, %d: %s is %q, want %q", path, a.StatusCode, name, got, want)
			}
		}
		if got := a.Header.Get("Strict-Transport-Security"); got != "" {
			t.Errorf("%s: Strict-Transport-Security %q in clear text, where it means nothing", path, got)
		}
	}
}

// Over TLS every answer says that there is nothing else: a browser comes back over TLS
// alone.
func TestAnswersOverTLSSaySo(t *testing.T) {
	s := serve(t)
	server := httptest.NewTLSServer(s.API)
	t.Cleanup(server.Close)
	for _, path := range []string{"/v1/contracts", "/v1/nothing"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.TLS == nil || response.TLS.Version < tls.VersionTLS12 {
			t.Fatalf("%+v", response.TLS)
		}
		if got := response.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("%s: Strict-Transport-Security is %q", path, got)
		}
	}
}
