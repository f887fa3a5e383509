package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/api"
)

// A message says what to do next: which part is wrong, where, and what is allowed.
func TestMessagesSayWhatToDo(t *testing.T) {
	s := serve(t)
	old := header{"Authorization": "Bearer " + s.token(t, s.System)}
	for body, want := range map[string]string{
		"":                              "grant_type=client_credentials",
		"grant_type=password":           "must be client_credentials",
		"grant_type=client_credentials": "client_id and client_secret",
	} {
		got := s.post(t, body, nil)
		if e := into[api.TokenError](t, got, got.StatusCode); !strings.Contains(or(e.ErrorDescription), want) {
			t.Errorf("%q: %s", body, got.body)
		}
	}
	for body, want := range map[string]string{
		"\xef\xbb\xbf{}":                  "byte order mark",
		"{\n\"reference\": \"lot-1\",\n}": "line 3",
	} {
		got := s.call(t, s.System, http.MethodPost, "/v1/contracts/"+string(s.Contract)+"/batches", body, nil)
		if p := wantProblem(t, got, http.StatusBadRequest, "body"); !strings.Contains(or(p.Detail), want) {
			t.Errorf("%q: %s", body, got.body)
		}
	}
	got := s.put(t, s.Open(t, "lot-1"), "claim-1", "photo", "text", nil)
	if p := wantProblem(t, got, http.StatusUnprocessableEntity, "denied"); strings.Join(p.Allowed, " ") != "anything form" {
		t.Errorf("an unknown class: %s", got.body)
	}
	s.Clock.Advance(24 * time.Hour)
	got = s.call(t, s.System, http.MethodGet, "/v1/batches", "", old)
	p := wantProblem(t, got, http.StatusUnauthorized, "unauthenticated")
	if !strings.Contains(or(p.Detail), "expired") || !strings.Contains(got.Header.Get("WWW-Authenticate"), "has expired") {
		t.Errorf("an expired token: %s, %s", got.body, got.Header.Get("WWW-Authenticate"))
	}
}
