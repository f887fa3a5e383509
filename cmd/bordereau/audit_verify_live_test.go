package main

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/gateway/identity"
)

// The ledger of a running gateway is verified over HTTP. Its checkpoint is kept, and the
// next run proves that the ledger only grew since.
func TestVerifyLive(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{WallClock: true}).World(t)
	url, token := serveWorld(t, w)
	w.Sent(t, 1)
	l := liveFlags{to: connection{url: url, tokenFile: token}, state: filepath.Join(t.TempDir(), "state.json")}
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

// serveWorld is the world's gateway at an address, with a token of its officer.
func serveWorld(t *testing.T, w *gatewaytest.World) (url, tokenFile string) {
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

// frozen serves the ledger of the test vectors, with the lies that a test sets.
type frozen struct {
	folder     string // in the test vectors
	checkpoint string // under checkpoints/
	status     int    // for everything but the checkpoint; 0: as it should be
	edit       func(data []byte) []byte
	silent     bool // about its keys
}

const frozenLedger = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"

// ServeHTTP implements http.Handler.
func (f *frozen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer secret" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.URL.Path == "/v1/audit/events" {
		f.serveEvents(w, r)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/v1/audit/ledgers/"+frozenLedger+"/")
	if name == "checkpoint" {
		name = "checkpoints/" + f.checkpoint // of those that were published, the one that is served now
	} else if f.status != 0 {
		w.WriteHeader(f.status)
		return
	}
	data, err := os.ReadFile(filepath.Join("../../audit/testdata", f.folder, name))
	if !ok || err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if f.edit != nil {
		data = f.edit(data)
	}
	_, _ = w.Write(data)
}

// serveEvents lists the events that replaced the key, from the one bundle of the ledger.
func (f *frozen) serveEvents(w http.ResponseWriter, r *http.Request) {
	page := api.EventPage{Items: []api.Event{}}
	bundle, err := os.ReadFile(filepath.Join("../../audit/testdata", f.folder, "tile/entries/000.p/20"))
	for err == nil && len(bundle) > 2 {
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		e, parseErr := event.Parse(bundle[2:end])
		if parseErr == nil && string(e.Action) == r.URL.Query().Get("action") && !f.silent {
			page.Items = append(page.Items, api.Event{Seq: e.Seq, Subject: e.Subject})
		}
		bundle = bundle[end:]
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(page)
}

func TestVerifyLiveFindsOut(t *testing.T) {
	const size3, size256, size260 = "00000000000000000003", "00000000000000000256", "00000000000000000260"
	gateway := &frozen{folder: "published/" + frozenLedger, checkpoint: size256}
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
	l := liveFlags{to: connection{url: server.URL, tokenFile: token}, state: filepath.Join(t.TempDir(), "state.json")}
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
	gateway.checkpoint = size260 // it passes, so the kept checkpoint did not change
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
	// A file that cannot be read is no sign of tampering.
	for _, status := range []int{http.StatusForbidden, http.StatusServiceUnavailable, http.StatusFound} {
		gateway.status = status
		if out, err := run(); err == nil || errors.Is(err, errReported) || !strings.Contains(err.Error(), http.StatusText(status)) {
			t.Errorf("%d: %v: %s", status, err, out)
		}
	}
	gateway.status = http.StatusNotFound // a missing tile is a sign of it
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

// A ledger in its second epoch, under its second key, is verified with the first key and
// against the checkpoint kept in the first epoch. A gateway that hides the statement
// about the new key is not believed.
func TestVerifyLiveFollowsEpochsAndKeys(t *testing.T) {
	const size13, size20 = "00000000000000000013", "00000000000000000020"
	gateway := &frozen{folder: "history/" + frozenLedger + "/2", checkpoint: size13}
	server := httptest.NewServer(gateway)
	defer server.Close()
	l := liveFlags{to: connection{url: server.URL, tokenFile: write(t, "token", "secret")}, state: filepath.Join(t.TempDir(), "state.json")}
	vector := func(name string) string {
		text, err := os.ReadFile("../../audit/testdata/history/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first, next := strings.TrimSpace(vector("key")), strings.TrimSpace(vector("key-2"))
	run := func(key string, older ...string) (string, error) {
		var out strings.Builder
		v := verification{keys: []string{key}, out: &out}
		for _, name := range older {
			v.older = append(v.older, []byte(vector(name)))
		}
		err := verifyLive(t.Context(), l, v)
		return out.String(), err
	}
	if out, err := run(first); err != nil { // before the key was replaced
		t.Fatalf("%v: %s", err, out)
	}
	gateway.checkpoint = size20
	for _, key := range []string{first, next} {
		if out, err := run(key, "kept.checkpoint"); err != nil || !strings.HasPrefix(out, "good") {
			t.Errorf("%s: %v: %s", key, err, out)
		}
	}
	for name, want := range map[string]string{"lost.checkpoint": "epoch: epoch 1 ended here", "old-key.checkpoint": "signature: older checkpoint 1"} {
		if out, err := run(next, name); !errors.Is(err, errReported) || !strings.Contains(out, want) {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
	kept, err := openState(l.state)
	if err != nil || len(kept.Checkpoints) != 1 {
		t.Errorf("kept %v, %v: one ledger has one checkpoint, whatever its epoch", kept, err)
	}
	gateway.silent = true
	if out, err := run(first); !errors.Is(err, errReported) || !strings.Contains(out, "signature: the checkpoint") {
		t.Errorf("silent about the new key: %v: %s", err, out)
	}
}
