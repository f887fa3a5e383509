package main

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/api"
)

// write makes a file of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A gateway with a private certificate is accepted when its authority is named, and not
// without. A token follows no redirection to another server.
func TestAPrivateAuthority(t *testing.T) {
	var elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		elsewhere = append(elsewhere, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	var tokens []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("Authorization"))
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	authority := write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	to := connection{url: server.URL, tokenFile: write(t, "token", "a-token\n")}

	list := func(to connection) error {
		client, err := to.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = api.Read[api.ContractPage](client.ListContracts(t.Context(), nil))
		return err
	}
	if err := list(to); err == nil || len(tokens) > 0 {
		t.Errorf("a certificate of an unknown authority: %v, tokens %v", err, tokens)
	}
	to.caFile = authority
	var p *api.Problem
	if err := list(to); !errors.As(err, &p) || p.Status != http.StatusTemporaryRedirect {
		t.Errorf("got %v, want the redirection as an unexpected answer", err)
	}
	if len(tokens) != 1 || tokens[0] != "Bearer a-token" || len(elsewhere) > 0 {
		t.Errorf("the gateway got %q, another server %q", tokens, elsewhere)
	}

	to.caFile = write(t, "none.pem", "nothing")
	if _, err := to.dial(t.Context()); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("got %v", err)
	}
}

// Secrets travel in clear within this machine only.
func TestAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"https://gateway.example": true, "https://gateway.example:8443/": true, "http://127.0.0.1:80": true, "http://[::1]:80": true,
		"http://localhost:8080": true, "http://gateway.example": false, "http://10.0.0.1": false, "http://localhost.example": false,
		"ftp://localhost": false, "gateway.example": false, "https://user:secret@gateway.example": false, "https://": false,
		"https://gateway.example?x=1": false, "": false,
	} {
		t.Setenv(envAPI, "")
		_, err := connection{url: address}.address()
		var usage usageError
		if (err == nil) != good || err != nil && !errors.As(err, &usage) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A text for people moves no cursor.
func TestRowsHoldNoControlCharacters(t *testing.T) {
	var out strings.Builder
	err := screen{out: &out}.show(nil, func(w io.Writer) { row(w, "a\x1b[2Jb\tc\nd", "") })
	if err != nil || out.String() != "a [2Jb c d  -\n" {
		t.Errorf("printed %q, %v", out.String(), err)
	}
}

// The exit code tells a refusal from a wrong command line.
func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"contract"}, exitDone},
		{[]string{"contract", "check", write(t, "terms.yaml", "title: [")}, exitFailed},
		{[]string{"contract", "check"}, exitUsage},
		{[]string{"contract", "check", "x", "--colour"}, exitUsage},
		{[]string{"policy", "whom"}, exitUsage},
		{[]string{"policy", "impact", "c_x"}, exitUsage},
		{[]string{"nothing"}, exitUsage},
	} {
		if got, _ := commandLine(t, c.args...); got != c.want {
			t.Errorf("%v: %d, want %d", c.args, got, c.want)
		}
	}
}
