package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bordereau/bordereau/gateway/api"
)

// An answer is a value and its text, or a problem, also when a proxy sent it.
func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		reference   string // of the contract that was read
		problem     string // kind; "-" for one that is not a gateway's
	}{
		"value":     {http.StatusOK, "application/json", `{"reference":"R"}`, "R", ""},
		"created":   {http.StatusCreated, "application/json", `{"reference":"R"}`, "R", ""},
		"nothing":   {http.StatusNoContent, "", "", "", ""},
		"problem":   {http.StatusForbidden, "application/problem+json", `{"type":"urn:bordereau:problem:denied","title":"T","status":403,"request":"q"}`, "", "denied"},
		"a proxy's": {http.StatusBadGateway, "text/html", "<h1>Bad gateway</h1>", "", "-"},
		"redirect":  {http.StatusFound, "", "", "", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			recorder.Header().Set("Content-Type", c.contentType)
			recorder.WriteHeader(c.status)
			_, _ = recorder.WriteString(c.body)
			contract, text, err := api.Read[api.Contract](recorder.Result(), nil)
			if contract.Reference != c.reference {
				t.Errorf("got %+v", contract)
			}
			var p *api.Problem
			switch {
			case c.problem == "" && (err != nil || string(text) != c.body):
				t.Errorf("got %q, %v", text, err)
			case c.problem != "" && (!errors.As(err, &p) || p.Status != c.status || p.Kind() != c.problem && c.problem != "-"):
				t.Errorf("got %v", err)
			}
		})
	}
	cause := errors.New("no connection")
	if _, _, err := api.Read[api.Contract](nil, cause); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	recorder := httptest.NewRecorder()
	_, _ = recorder.WriteString(`{"reference":`)
	if _, _, err := api.Read[api.Contract](recorder.Result(), nil); err == nil {
		t.Error("half an answer is one")
	}
}
