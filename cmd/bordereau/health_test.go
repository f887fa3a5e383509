package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

func TestHealth(t *testing.T) {
	needs.Parallel(t)
	for name, c := range map[string]struct {
		status int
		answer string
		exit   int
		said   string
	}{
		"ready":           {200, `{"ready":true,"checks":{"store":"failing","database":"ok"}}`, exitDone, "ready\n  database     ok\n  store        failing\n"},
		"not ready":       {503, `{"ready":false,"checks":{"process":"stopping"}}`, exitFailed, "not ready\n  process      stopping\n"},
		"a wrong status":  {500, `{"ready":true,"checks":{"process":"serving"}}`, exitFailed, "ready\n"},
		"another program": {200, "welcome", exitFailed, "is not the administration of a gateway"},
		"another's JSON":  {200, `{"status":"UP"}`, exitFailed, "is not the administration of a gateway"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/readyz" {
				t.Errorf("%s: asked for %s", name, r.URL.Path)
			}
			w.WriteHeader(c.status)
			w.Write([]byte(c.answer))
		}))
		exit, said := commandLine(t, "health", "--url", server.URL+"/")
		server.Close()
		if exit != c.exit || !strings.Contains(said, c.said) {
			t.Errorf("%s: exit %d, %s", name, exit, said)
		}
		if exit, _ := commandLine(t, "health", "--url", server.URL); exit != exitFailed {
			t.Errorf("%s: a gateway that is gone: exit %d", name, exit)
		}
	}
}

// A listener on every address is asked on the machine's own.
func TestReachable(t *testing.T) {
	for listen, want := range map[string]string{":8444": "127.0.0.1:8444", "0.0.0.0:8444": "127.0.0.1:8444", "[::]:8444": "127.0.0.1:8444",
		"10.0.0.7:8444": "10.0.0.7:8444", "[::1]:8444": "[::1]:8444", "admin.internal:8444": "admin.internal:8444"} {
		if got := reachable(listen); got != want {
			t.Errorf("%s: got %s, want %s", listen, got, want)
		}
	}
}
