package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/gateway/identity"
)

// wantNothingKept fails the test where a refused upload left an object, or a row that
// counts as a document.
func wantNothingKept(t *testing.T, s *service) {
	t.Helper()
	if n := objectsOf(t, s); n != 0 {
		t.Errorf("%d objects are in the store", n)
	}
	var rows int
	err := s.Database.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM document WHERE state <> 'abandoned'`).Scan(&rows)
	if err != nil || rows != 0 {
		t.Errorf("%d documents are in the database, %v", rows, err)
	}
}

// These bodies are such as no client library would send.
func TestABodyThatIsNotAsAnnounced(t *testing.T) {
	for name, c := range map[string]struct {
		headers, body string
		hangUp        bool
		kind          string
	}{
		"shorter than its length":   {"Content-Length: 100\r\n", "only this", true, "body-interrupted"},
		"not a byte of it":          {"Content-Length: 100\r\n", "", true, "body-interrupted"},
		"without the last chunk":    {"Transfer-Encoding: chunked\r\n", "4\r\nonly\r\n", true, "body-interrupted"},
		"inside a chunk":            {"Transfer-Encoding: chunked\r\n", "64\r\nonly this", true, "body-interrupted"},
		"a chunk that is none":      {"Transfer-Encoding: chunked\r\n", "zz\r\nonly this\r\n0\r\n\r\n", true, "body-interrupted"},
		"another digest":            {"Content-Length: 9\r\nContent-Digest: " + digestOf("other") + "\r\n", "only this", false, "digest-mismatch"},
		"another digest, in chunks": {"Transfer-Encoding: chunked\r\nContent-Digest: " + digestOf("other") + "\r\n", "4\r\nonly\r\n0\r\n\r\n", false, "digest-mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			got := s.raw(t, s.rawPut(t, s.Open(t, "lot-1"), "Connection: close\r\n"+c.headers)+c.body, c.hangUp)
			// A client that hung up may get no answer; an answer must be true.
			if said := strings.HasPrefix(got, "HTTP/1.1 400 ") && strings.Contains(got, api.ProblemPrefix+c.kind); !said && (got != "" || !c.hangUp) {
				t.Errorf("got %q, want %s", got, c.kind)
			}
			wantNothingKept(t, s)
		})
	}
}

// Bytes after the announced length are not part of the body. They are the next request,
// and an invalid one.
func TestMoreThanAnnounced(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	got := s.raw(t, s.rawPut(t, batch, "Content-Length: 9\r\n")+"only this and more of it\r\n\r\n", false)
	if strings.Count(got, "HTTP/1.1 201 ") != 1 || !strings.Contains(got, `"size":9`) || !strings.Contains(got, "HTTP/1.1 400 ") {
		t.Errorf("got %s", got)
	}
	for name, headers := range map[string]string{
		"two lengths":          "Content-Length: 9\r\nContent-Length: 10\r\n",
		"a negative length":    "Content-Length: -1\r\n",
		"a length with a sign": "Content-Length: +9\r\n",
		"another encoding":     "Transfer-Encoding: gzip, chunked\r\n",
	} {
		if got := s.raw(t, s.rawPut(t, batch, headers)+"only this", true); strings.Contains(got, " 201 ") || strings.Contains(got, " 500 ") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestTooLargeDeclaredAndChunked(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	put := strings.Replace(strings.Replace(s.rawPut(t, batch, ""), "class=anything", "class=form", 1), "text/plain", "application/pdf", 1)
	put = strings.TrimSuffix(put, "\r\n")
	body := "%PDF-1.7\n" + strings.Repeat("x", 1<<20)
	for name, message := range map[string]string{
		"declared": put + "Content-Length: 1048577\r\n\r\n",
		"chunked":  put + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n", len(body), body),
	} {
		got := s.raw(t, message, false)
		if !strings.HasPrefix(got, "HTTP/1.1 413 ") || !strings.Contains(got, `"reason":"too-large"`) {
			t.Errorf("%s: got %.600s", name, got)
		}
	}
	wantNothingKept(t, s)
}

// References that look alike are different references, and none of these is accepted.
func TestReferencesOfOtherForms(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	for name, escaped := range map[string]string{
		"composed":             "caf%C3%A9",
		"decomposed":           "cafe%CC%81",
		"full width":           "%EF%BD%81",
		"Cyrillic a":           "%D0%B0",
		"zero width space":     "a%E2%80%8B",
		"right to left":        "a%E2%80%AEb",
		"overlong slash":       "a%C0%AFb",
		"half an escape":       "a%2",
		"one dot":              "%2e",
		"dots in full width":   "%EF%BC%8E%EF%BC%8E",
		"a tab":                "a%09b",
		"a line feed":          "a%0Ab",
		"a carriage return":    "a%0Db",
		"semicolon parameters": "a;b=c",
	} {
		got := s.raw(t, strings.Replace(s.rawPut(t, batch, "Content-Length: 1\r\nConnection: close\r\n"), "/claim-1?", "/"+escaped+"?", 1)+"x", false)
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%s: got %s", name, got)
		}
	}
	wantNothingKept(t, s)
}

// The answer is the same byte for byte. Other particulars under the reference are a
// conflict.
func TestTheSameUploadIsTheSameAnswer(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	first, again := s.put(t, batch, "claim-1", "anything", "synthetic", nil), s.put(t, batch, "claim-1", "anything", "synthetic", nil)
	if first.StatusCode != http.StatusCreated || again.StatusCode != first.StatusCode || !bytes.Equal(first.body, again.body) {
		t.Errorf("got %d %s, then %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
	}
	for name, a := range map[string]answer{
		"other bytes":      s.put(t, batch, "claim-1", "anything", "SYNTHETIC", nil),
		"fewer bytes":      s.put(t, batch, "claim-1", "anything", "", nil),
		"other media type": s.put(t, batch, "claim-1", "anything", "synthetic", header{"Content-Type": "text/csv"}),
		"other name":       s.put(t, batch, "claim-1", "anything", "synthetic", header{"Content-Disposition": "attachment; filename=b.txt"}),
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, a, http.StatusConflict, "reference-taken") })
	}
	if n := objectsOf(t, s); n != 1 {
		t.Errorf("%d objects are in the store", n)
	}
}

// Neither reaches a handler, and the next client is served.
func TestHeadersWithoutEnd(t *testing.T) {
	s := serve(t)
	start := "GET /v1/contracts HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " + s.token(t, s.System) + "\r\n"
	for name, headers := range map[string]string{
		"a user agent of 1 MB": "User-Agent: " + strings.Repeat("a", 1<<20) + "\r\n",
		"10,000 headers":       strings.Repeat("A: b\r\n", 10_000),
	} {
		if got := s.raw(t, start+headers+"\r\n", false); got != "" && !strings.HasPrefix(got, "HTTP/1.1 431 ") {
			t.Errorf("%s: got %.300s", name, got)
		}
	}
	if a := s.call(t, s.System, http.MethodGet, "/v1/contracts", "", nil); a.StatusCode != http.StatusOK {
		t.Errorf("afterwards: got %d", a.StatusCode)
	}
}

// The erasable data of an event is bounded and has no control characters.
func TestALongUserAgentIsCut(t *testing.T) {
	s := serve(t)
	a := s.call(t, s.System, http.MethodGet, "/v1/contracts/"+string(s.Contract), "", header{"User-Agent": strings.Repeat("é", 10_000)})
	if a.StatusCode != http.StatusOK {
		t.Fatalf("got %d: %s", a.StatusCode, a.body)
	}
	events, _, err := s.Ledger.Query(t.Context(), ask.Query{Ledger: string(s.Client), Limit: 1})
	if err != nil || len(events) != 1 || events[0].Request != a.Header.Get("Request-Id") {
		t.Fatalf("got %+v, %v", events, err)
	}
	if kept := events[0].Private["user_agent"]; len(kept) == 0 || len(kept) > 256 || !strings.HasPrefix(kept, "éé") {
		t.Errorf("kept %d bytes: %q", len(kept), kept)
	}
}

// The question would not fit into the ledger, and a failure of the gateway would be the
// answer.
func TestALongQuestionIsRefused(t *testing.T) {
	s := serve(t)
	question := "/v1/audit/events?ledger=" + string(s.Client) + "&reason="
	for _, length := range []int{5_000, 20_000} {
		a := s.call(t, s.Officer, http.MethodGet, question+strings.Repeat("a", length), "", nil)
		wantProblem(t, a, http.StatusBadRequest, "parameter")
	}
}

// PostgreSQL refuses NUL and invalid UTF-8, SQLite accepts both. Neither database gets
// them.
func TestTextsThatNoDatabaseTakes(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Database: db}))
		ledger := "/v1/audit/events?ledger=" + string(s.Client)
		for _, text := range []string{"%00", "a%00b", "%FF", "%ED%A0%80", "%EF%BF%BD%0A"} {
			for _, path := range []string{ledger + "&reason=", ledger + "&action=", ledger + "&after=", "/v1/contracts?after=",
				"/v1/batches?after=", "/v1/assignments?after=", "/v1/batches/b_aaaaaaaaaaaaaaaaaaaaaaaaaa/documents?after="} {
				wantProblem(t, s.call(t, s.Officer, http.MethodGet, path+text, "", nil), http.StatusBadRequest, "parameter")
			}
			a := s.put(t, s.Open(t, "lot-1"), "claim-1", text, "x", nil)
			wantProblem(t, a, http.StatusUnprocessableEntity, "denied")
		}
		for _, moment := range []string{"2026-01-01T00:00:00%2B24:00", "0000-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"} {
			if a := s.call(t, s.Officer, http.MethodGet, ledger+"&from="+moment, "", nil); a.StatusCode >= 500 {
				t.Errorf("from %s: got %d", moment, a.StatusCode)
			}
		}
	})
}

// Without a trusted proxy X-Forwarded-For is the client's own text.
func TestAForgedAddressIsNotBelieved(t *testing.T) {
	s, d, _ := leased(t, nil, 1000)
	verifier, err := identity.NewVerifier(identity.VerifierConfig{Keys: s.Issuer.KeySet(), Issuer: gatewayURL, Audience: gatewayURL, Clock: s.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	direct, err := httpapi.NewHandler(httpapi.Config{Gateway: s.Gateway, Issuer: s.Issuer, Verifier: verifier, Clock: s.Clock.Now, Keys: s.Issuer.KeySet()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(direct)
	defer server.Close()
	s.URL = server.URL
	p := wantProblem(t, s.do(t, s.content(t, d)), http.StatusForbidden, "denied")
	if p.Reason == nil || *p.Reason != "site" {
		t.Errorf("got %s", p.Error())
	}
}

// Every route answers 503 while the database is unavailable. Afterwards every
// acknowledged document is there.
func TestDatabaseAwayIsUnavailable(t *testing.T) {
	server := databasetest.NewServer(t)
	s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Database: databasetest.Open(t, database.Config{PostgreSQL: server.DSN(t)})}))
	batch := s.Open(t, "lot-1")
	var documents []gateway.Document
	contents := map[gateway.DocumentID][]byte{}
	for i := range 5 {
		reference := fmt.Sprintf("claim-%d", i)
		content := gatewaytest.Content(reference, 20_000)
		u := into[api.Upload](t, s.put(t, batch, reference, "anything", string(content), nil), http.StatusCreated)
		d := gateway.Document{ID: gateway.DocumentID(u.Document.ID), Size: u.Document.Size}
		documents, contents[d.ID] = append(documents, d), content
	}
	s.Seal(t, batch, documents)
	s.Taken(t, batch)
	open := s.Open(t, "lot-2")

	server.Stop(t)
	for name, a := range map[string]answer{
		"reading":   s.do(t, s.content(t, documents[0])),
		"sending":   s.put(t, open, "late", "anything", "synthetic", nil),
		"listing":   s.call(t, s.System, http.MethodGet, "/v1/batches", "", nil),
		"a refusal": s.call(t, s.Colleague, http.MethodGet, "/v1/documents/"+string(documents[0].ID)+"/content", "", nil),
		"the trail": s.call(t, s.Officer, http.MethodGet, "/v1/audit/events?ledger="+string(s.Client), "", nil),
	} {
		wantProblem(t, a, http.StatusServiceUnavailable, "unavailable")
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
	}
	server.Start(t)
	for _, d := range documents {
		if a := s.do(t, s.content(t, d)); a.StatusCode != http.StatusOK || !bytes.Equal(a.body, contents[d.ID]) {
			t.Errorf("after it is back: got %d with %d bytes", a.StatusCode, len(a.body))
		}
	}
	if n := objectsOf(t, s); n != len(documents) {
		t.Errorf("%d objects are in the store", n)
	}
}
