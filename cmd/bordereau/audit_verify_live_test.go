package main

import (
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/gateway/identity"
)

// The ledger of a running gateway is verified over HTTP; what was verified is kept, and the next run proves that the ledger
// only grew since.
func TestVerifyLive(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{WallClock: true}).World(t)
	url, token := served(t, w)
	w.Sent(t, 1)
	l := liveFlags{url: url, tokenFile: token, state: filepath.Join(t.TempDir(), "state.json")}
	key := w.Ledger.VerifierKey(string(w.Client))
	for range 2 {
		var out strings.Builder
		if err := verifyLive(t.Context(), l, verification{keys: []string{key}, out: &out}); err != nil || !strings.HasPrefix(out.String(), "good") {
			t.Fatalf("%v: %s", err, out.String())
		}
		w.Sent(t, 1)
	}
	if err := verifyLive(t.Context(), l, verification{keys: []string{key}, ledgers: []string{"operator"}, out: io.Discard}); err == nil {
		t.Error("verified a ledger without its key")
	}
	kept, err := openState(l.state)
	if err != nil || len(kept.Checkpoints) != 1 {
		t.Fatalf("%v, %v", kept, err)
	}
	info, err := os.Stat(l.state)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// served is the world's gateway at an address, with a token of its officer.
func served(t *testing.T, w *gatewaytest.World) (url, tokenFile string) {
	t.Helper()
	const name = "https://gateway.example"
	issuer, err := identity.NewIssuer(identity.IssuerConfig{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Issuer: name, Audience: name})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := identity.NewVerifier(identity.VerifierConfig{Keys: issuer.KeySet(), Issuer: name, Audience: name})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := httpapi.NewHandler(httpapi.Config{Gateway: w.Gateway, Issuer: issuer, Verifier: verifier, Keys: issuer.KeySet()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	token, _, err := issuer.Issue(w.Officer.Person, "client-credentials")
	if err != nil {
		t.Fatal(err)
	}
	tokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, tokenFile
}

// frozen serves the ledger of the test vectors, and lies as it is told.
type frozen struct {
	checkpoint string // under checkpoints/
	status     int    // for everything but the checkpoint; 0: as it should be
	edit       func(data []byte) []byte
}

const frozenLedger = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"

// ServeHTTP implements http.Handler.
func (f *frozen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer secret" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/v1/audit/ledgers/"+frozenLedger+"/")
	if name == "checkpoint" {
		name = "checkpoints/" + f.checkpoint
	} else if f.status != 0 {
		w.WriteHeader(f.status)
		return
	}
	data, err := os.ReadFile("../../audit/testdata/published/" + frozenLedger + "/" + name)
	if !ok || err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if f.edit != nil {
		data = f.edit(data)
	}
	_, _ = w.Write(data)
}

func TestVerifyLiveFindsOut(t *testing.T) {
	const size3, size256, size260 = "00000000000000000003", "00000000000000000256", "00000000000000000260"
	gateway := &frozen{checkpoint: size256}
	server := httptest.NewServer(gateway)
	defer server.Close()
	keyText, err := os.ReadFile("../../audit/testdata/key")
	if err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := liveFlags{url: server.URL, tokenFile: token, state: filepath.Join(t.TempDir(), "state.json")}
	run := func() (string, error) {
		var out strings.Builder
		err := verifyLive(t.Context(), l, verification{keys: []string{strings.TrimSpace(string(keyText))}, out: &out})
		return out.String(), err
	}
	if out, err := run(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	gateway.checkpoint = size3 // an old checkpoint is replayed
	if out, err := run(); !errors.Is(err, errReported) || !strings.Contains(out, "truncated: the copy ends here: older checkpoint 1 was signed over 256 events") {
		t.Errorf("an old checkpoint: %v: %s", err, out)
	}
	gateway.checkpoint = size260 // it goes on, so what was kept did not change
	gateway.edit = func(data []byte) []byte {
		return []byte(strings.Replace(string(data), `"outcome":"allow"`, `"outcome":"error"`, 1))
	}
	if out, err := run(); !errors.Is(err, errReported) || !strings.Contains(out, "root: ") {
		t.Errorf("an edited event: %v: %s", err, out)
	}
	gateway.edit = nil
	if out, err := run(); err != nil {
		t.Errorf("put right: %v: %s", err, out)
	}
	// What cannot be read is no sign of tampering.
	for _, status := range []int{http.StatusForbidden, http.StatusServiceUnavailable, http.StatusFound} {
		gateway.status = status
		if out, err := run(); err == nil || errors.Is(err, errReported) || !strings.Contains(err.Error(), http.StatusText(status)) {
			t.Errorf("%d: %v: %s", status, err, out)
		}
	}
	gateway.status = http.StatusNotFound // but a tile that is not there is
	if out, err := run(); !errors.Is(err, errReported) || !strings.Contains(out, "it is not there") {
		t.Errorf("no tiles: %v: %s", err, out)
	}
	gateway.status = 0
	if err := os.WriteFile(l.state, []byte(`{"checkpoint":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(); err == nil || !strings.Contains(err.Error(), "--state") {
		t.Errorf("another file for the state: %v: %s", err, out)
	}
}

func TestGatewayAddress(t *testing.T) {
	for address, good := range map[string]bool{
		"https://bordereau.example": true, "https://bordereau.example:8443/sub": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"http://localhost": true, "http://bordereau.example": false, "http://10.0.0.1": false, "bordereau.example": false, "": false,
		"ftp://localhost": false, "https://u:p@bordereau.example": false, "https://bordereau.example?x=1": false,
	} {
		if _, err := gatewayAddress(address); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}
