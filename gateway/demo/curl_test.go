package demo_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/demo"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

func request(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	var r *http.Request
	var err error
	if body == "" {
		r, err = http.NewRequest(method, "http://gateway.example:8443"+path, nil)
	} else {
		r, err = http.NewRequest(method, "http://gateway.example:8443"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer eyJhbGciOi.secret.token")
	return r
}

func TestCurl(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"question", demo.Curl(request(t, "GET", "/v1/batches?state=sealed&assigned=me", ""), "LEILA", "", ""),
			`curl -H "Authorization: Bearer $LEILA" "$API/v1/batches?state=sealed&assigned=me"`},
		{"without token", demo.Curl(request(t, "GET", "/.well-known/jwks.json", ""), "", "", ""),
			`curl "$API/.well-known/jwks.json"`},
		{"body", demo.Curl(request(t, "POST", "/v1/contracts/c/batches", `{"reference":"l'été"}`), "SINISTRES", "", ""),
			`curl -X POST -H "Authorization: Bearer $SINISTRES" -H 'Content-Type: application/json' -d '{"reference":"l'\''été"}' "$API/v1/contracts/c/batches"`},
		{"file", demo.Curl(request(t, "PUT", "/v1/batches/b/documents/r?class=scan", "bytes"), "SINISTRES", "n° 7.tiff", ""),
			`curl -H "Authorization: Bearer $SINISTRES" -H 'Content-Type: application/json' -T 'n° 7.tiff' "$API/v1/batches/b/documents/r?class=scan"`},
		{"terms", demo.Curl(request(t, "POST", "/v1/contracts", "reference: x"), "CAMILLE", "motor.yaml", ""),
			`curl -X POST -H "Authorization: Bearer $CAMILLE" -H 'Content-Type: application/json' --data-binary '@motor.yaml' "$API/v1/contracts"`},
		{"download", demo.Curl(request(t, "GET", "/v1/documents/d/content", ""), "LEILA", "", "a b.pdf"),
			`curl -H "Authorization: Bearer $LEILA" -o 'a b.pdf' "$API/v1/documents/d/content"`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, tt.got, tt.want)
		}
		if strings.Contains(tt.got, "secret") {
			t.Errorf("%s: the token itself is printed", tt.name)
		}
	}
}

// A name made to break out of its quotes reaches the shell as one word.
func TestCurlSurvivesTheShell(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		needs.Missing(t, "a POSIX shell (sh) is not on the PATH")
	}
	folder := t.TempDir()
	name := `it's "$(touch broken)" ; touch broken #.pdf`
	command := demo.Curl(request(t, "GET", "/v1/documents/d/content", ""), "LEILA", "", name)
	run := exec.Command(shell, "-c", `curl() { for word; do printf '%s\n' "$word"; done; }; API=http://x LEILA=t; `+command)
	run.Dir = folder
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "-H\nAuthorization: Bearer t\n-o\n" + name + "\nhttp://x/v1/documents/d/content\n"
	if string(out) != want {
		t.Errorf("got %q, want %q", out, want)
	}
	if _, err := os.Stat(filepath.Join(folder, "broken")); err == nil {
		t.Error("the name was run as a command")
	}
}
