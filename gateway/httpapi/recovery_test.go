package httpapi_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/httpapi"
)

func contains(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// recovered asks a handler that panics behind the recovery. It gives the received bytes,
// the log, and the error of reading.
func recovered(t *testing.T, h http.HandlerFunc) (status int, body, log string, err error) {
	t.Helper()
	var text bytes.Buffer
	server := httptest.NewServer(httpapi.Recovered(slog.New(slog.NewTextHandler(&text, nil)), h))
	response, err := http.Get(server.URL)
	if err == nil {
		var b []byte
		b, err = io.ReadAll(response.Body)
		response.Body.Close()
		status, body = response.StatusCode, string(b)
	}
	server.Close() // and so the log is written to its end
	return status, body, text.String(), err
}

func TestAPanicIsAProblem(t *testing.T) {
	status, body, log, err := recovered(t, func(http.ResponseWriter, *http.Request) { panic("secret detail") })
	if err != nil || status != http.StatusInternalServerError || !contains(body, "urn:bordereau:problem:internal", "q_") {
		t.Errorf("got %d %s, %v", status, body, err)
	}
	if contains(body, "secret") || !contains(log, "secret detail", "recovery_test.go") {
		t.Errorf("shown %s, logged %s", body, log)
	}
}

func TestAPanicInTheAnswerBreaksIt(t *testing.T) {
	for name, v := range map[string]any{"by accident": "secret detail", "on purpose": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			_, _, log, err := recovered(t, func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "the beginning")
				http.NewResponseController(w).Flush()
				panic(v)
			})
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("got %v, want a broken connection", err)
			}
			if logged := contains(log, "secret detail"); logged != (v != http.ErrAbortHandler) {
				t.Errorf("logged %s", log)
			}
		})
	}
}

func TestAnAbortBeforeTheAnswerIsNoAnswer(t *testing.T) {
	if status, body, _, err := recovered(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }); err == nil {
		t.Errorf("got %d %s", status, body)
	}
}
