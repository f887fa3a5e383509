package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// TestProofsVerify asks for a proof, a leaf and a tile over HTTP and puts them together
// as an auditor would.
func TestProofsVerify(t *testing.T) {
	s := serve(t)
	get := func(path string) answer {
		t.Helper()
		a := s.call(t, s.Officer, http.MethodGet, "/v1/audit/ledgers/"+string(s.Client)+path, "", nil)
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.StatusCode, a.body)
		}
		return a
	}
	var p proof.TLogProof
	if err := p.Unmarshal(get("/events/1/proof").body); err != nil {
		t.Fatal(err)
	}
	bundle := get("/tile/entries/000.p/2").body
	first := 2 + int(bundle[0])<<8 + int(bundle[1])
	leaf := bundle[first+2:]
	size, root := sizeAndRoot(t, p.Checkpoint)
	var hashes tlog.RecordProof
	for _, hash := range p.Hashes {
		hashes = append(hashes, hash)
	}
	if err := tlog.CheckRecord(hashes, size, root, 1, tlog.RecordHash(leaf)); err != nil {
		t.Error(err)
	}
	tile := get("/tile/0/000.p/2")
	if hash := tlog.RecordHash(leaf); !bytes.Equal(tile.body[32:], hash[:]) || tile.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the tile is another: %x", tile.body)
	}

	head, later, _ := strings.Cut(string(get(fmt.Sprintf("/consistency?from=%d", size)).body), "\n\n")
	lines := strings.Split(head, "\n")
	var grown tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			t.Fatal(err)
		}
		grown = append(grown, hash)
	}
	newSize, newRoot := sizeAndRoot(t, []byte(later))
	if err := tlog.CheckTree(grown, newSize, newRoot, size, root); err != nil || newSize <= size {
		t.Errorf("from %d to %d: %v", size, newSize, err)
	}
}

// sizeAndRoot reads a checkpoint; other code checks its signature.
func sizeAndRoot(t *testing.T, signed []byte) (size int64, root tlog.Hash) {
	t.Helper()
	text, _, ok := bytes.Cut(signed, []byte("\n\n— "))
	lines := strings.Split(string(text), "\n")
	if !ok || len(lines) != 3 {
		t.Fatalf("no checkpoint: %q", signed)
	}
	if _, err := fmt.Sscan(lines[1], &size); err != nil {
		t.Fatal(err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList()); err == nil {
		t.Error("a note without a known key was opened")
	}
	return size, root
}

func TestBadProofRequests(t *testing.T) {
	s := serve(t)
	ledger := "/v1/audit/ledgers/" + string(s.Client)
	for _, path := range []string{"/events/01/proof", "/events/-1/proof", "/events/x/proof", "/events/99999999999999999999/proof",
		"/events/999999/proof", "/tile/", "/tile/0", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/000", "/tile/9/000",
		"/tile/0/%2e%2e/000", "/tile/entries/000/..", "/consistency?from=99999999"} {
		r := s.request(t, s.Officer, http.MethodGet, "/", "", nil)
		r.URL.Opaque = ledger + strings.Split(path, "?")[0]
		_, r.URL.RawQuery, _ = strings.Cut(path, "?")
		wantProblem(t, s.do(t, r), http.StatusNotFound, "not-found")
	}
	for _, path := range []string{"/consistency", "/consistency?from=-1", "/consistency?from=x", "/consistency?from=1&to=-1",
		"/consistency?from=1&from=2", "/consistency?from=", "/tile/0/000.p/1?x=1"} {
		wantProblem(t, s.call(t, s.Officer, http.MethodGet, ledger+path, "", nil), http.StatusBadRequest, "parameter")
	}
}
