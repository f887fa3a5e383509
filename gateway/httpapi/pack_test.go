package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// A person who has the ledger's key from elsewhere verifies a downloaded evidence pack
// without the gateway.
func TestEvidencePack(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Database: db}))
		ledger, document := ledgerOf(t, s)
		kept := s.call(t, s.Officer, http.MethodGet, "/v1/audit/ledgers/"+string(s.Client)+"/checkpoint", "", nil)
		size, _ := sizeAndRoot(t, kept.body)
		a := s.call(t, s.Officer, http.MethodGet, "/v1/audit/export"+ledger+"&format=pack&question=who-read&document="+document+
			"&since="+fmt.Sprint(size), "", nil)
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%d %v %s", a.StatusCode, a.Header, a.body)
		}
		got, err := verify.Pack(t.Context(), bytes.NewReader(a.body), int64(len(a.body)),
			verify.PackEvidence{Key: s.Ledger.VerifierKey(string(s.Client)), Older: [][]byte{kept.body}})
		if err != nil || !got.Proves() || got.Events != 2 || got.Older != 1 || got.Asked.By != string(s.Officer.Person) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestBadPackRequests(t *testing.T) {
	s := serve(t)
	pack := "/v1/audit/export?ledger=" + string(s.Client) + "&format=pack"
	for name, path := range map[string]string{
		"sums":            pack + "&question=most-read",
		"no question":     pack + "&question=who-knows",
		"long question":   pack + "&question=" + strings.Repeat("a", 300),
		"which":           pack + "&question=denials&which=last",
		"another's":       pack + "&question=denials&hours=08:00-18:00",
		"since":           pack + "&since=-1",
		"since what":      pack + "&since=x",
		"since later":     pack + "&since=9999999",
		"not of a table":  "/v1/audit/export?ledger=" + string(s.Client) + "&format=csv&question=denials",
		"not of an event": "/v1/audit/export?ledger=" + string(s.Client) + "&since=0",
	} {
		wantProblem(t, s.call(t, s.Officer, http.MethodGet, path, "", nil), http.StatusBadRequest, "parameter")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	wantProblem(t, s.call(t, s.Stranger, http.MethodGet, pack, "", nil), http.StatusNotFound, "not-found")
	wantProblem(t, s.call(t, s.ProviderManager, http.MethodGet, pack, "", nil), http.StatusNotFound, "not-found")
}

// A pack whose proofs cannot be made breaks off: no client takes a part for the whole.
func TestABrokenPackDoesNotEndCleanly(t *testing.T) {
	s := serve(t)
	for range 260 { // enough for a full tile
		if _, err := s.Gateway.Checkpoint(t.Context(), s.Officer, string(s.Client)); err != nil {
			t.Fatal(err)
		}
	}
	url := "/v1/audit/export?ledger=" + string(s.Client) + "&format=pack&action=contract.approve"
	if a := s.call(t, s.Officer, http.MethodGet, url, "", nil); a.StatusCode != http.StatusOK {
		t.Fatal(a.StatusCode)
	}
	if _, err := s.Database.Writer().ExecContext(t.Context(), `UPDATE audit_tile SET hashes = $1 WHERE ledger = $2`,
		make([]byte, 256*32), string(s.Client)); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(s.request(t, s.Officer, http.MethodGet, url, "", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK || err == nil {
		t.Errorf("%d, %d bytes, ended cleanly", response.StatusCode, len(got))
	}
}
