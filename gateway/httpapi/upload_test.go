package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

func TestUploadTwiceIsTheSameAnswer(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	h := header{"Content-Digest": digestOf("synthetic")}
	first := into[api.Upload](t, s.put(t, batch, "claim-1", "anything", "synthetic", h), http.StatusCreated)
	again := into[api.Upload](t, s.put(t, batch, "claim-1", "anything", "synthetic", nil), http.StatusCreated)
	if first.Receipt != again.Receipt || first.Document.ID != again.Document.ID {
		t.Errorf("got %+v, then %+v", first, again)
	}
	wantProblem(t, s.put(t, batch, "claim-1", "anything", "other bytes", nil), http.StatusConflict, "reference-taken")
}

func TestUploadKeepsTheFileNameExactly(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	for i, name := range []string{"Déclaration n° 1 – été.txt", "تصريح 📄.txt", "e\u0301.txt", `C:\a "b" 50%.txt`} {
		h := header{"Content-Disposition": api.FormatDisposition(name)}
		u := into[api.Upload](t, s.put(t, batch, fmt.Sprintf("claim-%d", i), "anything", "x", h), http.StatusCreated)
		if u.Document.FileName != name {
			t.Errorf("%q came back as %q", name, u.Document.FileName)
		}
	}
}

// The charset of a text is kept and given back. Other parameters are dropped.
func TestTheCharsetIsKept(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	for reference, c := range map[string]struct{ sent, mediaType, charset string }{
		"quoted":  {`Text/Plain; charset="utf-8"`, "text/plain", "utf-8"},
		"plain":   {"text/csv;charset=Windows-1252;header=present", "text/csv", "Windows-1252"},
		"none":    {"text/plain", "text/plain", ""},
		"another": {"text/plain; format=flowed;", "text/plain", ""},
	} {
		u := into[api.Upload](t, s.put(t, batch, reference, "anything", "x", header{"Content-Type": c.sent}), http.StatusCreated)
		if u.Document.MediaType != c.mediaType || value(u.Document.Charset) != c.charset {
			t.Errorf("%s: got %q and %q", c.sent, u.Document.MediaType, value(u.Document.Charset))
		}
		again := s.put(t, batch, reference, "anything", "x", header{"Content-Type": c.mediaType + "; charset=utf-7"})
		wantProblem(t, again, http.StatusConflict, "reference-taken")
	}
	for name, charset := range map[string]string{"blank": `"a b"`, "quotes": `"a\"b"`, "too long": strings.Repeat("a", 41), "accent": `"\u00e9"`} {
		p := wantProblem(t, s.put(t, batch, "claim-1", "anything", "x", header{"Content-Type": "text/plain; charset=" + charset}), http.StatusBadRequest, "parameter")
		if value(p.Field) != "Content-Type" {
			t.Errorf("%s: %v", name, p.Error())
		}
	}
}

// What stands in the record is what was sent. What a client makes a file of is safe.
func TestNamesAreKeptExactlyAndGivenSafely(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	sent := map[string]string{`attachment; filename="C:\scans\2026\a.pdf"`: `C:\scans\2026\a.pdf`, `attachment; filename=b.pdf;`: "b.pdf",
		api.FormatDisposition("fdp\u202etxt.exe"): "fdp\u202etxt.exe", api.FormatDisposition("NUL.pdf"): "NUL.pdf", api.FormatDisposition("e\u0301.pdf "): "e\u0301.pdf "}
	var documents []gateway.Document
	names := map[string]string{}
	for disposition, name := range sent {
		u := into[api.Upload](t, s.put(t, batch, fmt.Sprintf("claim-%d", len(documents)), "anything", "synthetic", header{"Content-Disposition": disposition,
			"Content-Type": "text/csv; charset=windows-1252"}), http.StatusCreated)
		if u.Document.FileName != name {
			t.Errorf("%s is kept as %q", disposition, u.Document.FileName)
		}
		documents = append(documents, gateway.Document{Size: u.Document.Size})
		names[u.Document.ID] = name
	}
	s.Seal(t, batch, documents)
	s.Taken(t, batch)
	for id, name := range names {
		a := s.call(t, s.Handler, http.MethodGet, "/v1/documents/"+id+"/content", "", nil)
		if got := a.Header.Get("Content-Disposition"); a.StatusCode != http.StatusOK || got != api.FormatAttachment(name) {
			t.Errorf("%q: %d, %s", name, a.StatusCode, got)
		}
		if a.Header.Get("Content-Type") != "text/csv; charset=windows-1252" || a.Header.Get("Cache-Control") != "no-store, no-transform" {
			t.Errorf("%q: %v", name, a.Header)
		}
	}
}

// Each is refused with its own problem, and the batch stays empty.
func TestBadUploads(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	sealed, _ := s.Sent(t, 1)
	pdf := header{"Content-Type": "application/pdf"}
	for name, c := range map[string]struct {
		batch       gateway.BatchID
		class, body string
		header      header
		status      int
		kind        string
		reason      string // or the field
	}{
		"unknown class":          {batch, "letter", "x", nil, 422, "denied", "unknown-class"},
		"class that cannot be":   {batch, "..%2F", "x", nil, 422, "denied", "unknown-class"},
		"no class":               {batch, "", "x", nil, 400, "parameter", "class"},
		"two classes":            {batch, "form&class=anything", "x", nil, 400, "parameter", "class"},
		"another parameter":      {batch, "anything&clas=form", "x", nil, 400, "parameter", "clas"},
		"media type not allowed": {batch, "form", "x", nil, 415, "denied", "media-type"},
		"too large":              {batch, "form", strings.Repeat("x", 1<<20+1), pdf, 413, "denied", "too-large"},
		"empty":                  {batch, "form", "", pdf, 422, "denied", "empty-document"},
		"sealed batch":           {sealed, "anything", "x", nil, 409, "denied", "batch-state"},
		"unknown batch":          {"b_aaaaaaaaaaaaaaaaaaaaaaaaaa", "anything", "x", nil, 404, "not-found", ""},
		"batch that cannot be":   {"b_x", "anything", "x", nil, 404, "not-found", ""},
		"wrong digest":           {batch, "anything", "x", header{"Content-Digest": digestOf("y")}, 400, "digest-mismatch", "Content-Digest"},
		"malformed digest":       {batch, "anything", "x", header{"Content-Digest": "sha-256=x"}, 400, "parameter", "Content-Digest"},
		"no media type":          {batch, "anything", "x", header{"Content-Type": ""}, 415, "content-type", "Content-Type"},
		"any media type":         {batch, "anything", "x", header{"Content-Type": "*/*"}, 415, "content-type", "Content-Type"},
		"no type at all":         {batch, "anything", "x", header{"Content-Type": "pdf"}, 415, "content-type", "Content-Type"},
		"compressed":             {batch, "anything", "x", header{"Content-Encoding": "gzip"}, 400, "not-whole", "Content-Encoding"},
		"no file name":           {batch, "anything", "x", header{"Content-Disposition": ""}, 400, "parameter", "Content-Disposition"},
		"malformed file name":    {batch, "anything", "x", header{"Content-Disposition": "attachment; filename*=%E9"}, 400, "parameter", "Content-Disposition"},
	} {
		t.Run(name, func(t *testing.T) {
			p := wantProblem(t, s.put(t, c.batch, "claim-1", c.class, c.body, c.header), c.status, c.kind)
			if c.reason != "" && (p.Reason == nil || *p.Reason != c.reason) && (p.Field == nil || *p.Field != c.reason) {
				t.Errorf("got %+v, want %s", p.Error(), c.reason)
			}
			if c.kind == "denied" && (p.Contract == nil || *p.Contract != string(s.Contract) || p.Version == nil) {
				t.Errorf("the problem does not say which contract decided: %+v", p)
			}
		})
	}
	wantEmpty(t, s, batch)
}

func wantEmpty(t *testing.T, s *service, batch gateway.BatchID) {
	t.Helper()
	list, _, err := s.Gateway.Documents(t.Context(), s.System, batch, gateway.Page{})
	if err != nil || len(list) != 0 {
		t.Errorf("the batch holds %d documents, %v", len(list), err)
	}
}

// No step before the check cleans a reference, decodes it twice or takes it for a path.
func TestReferencesReachTheCheckAsTheyWereSent(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	for name, escaped := range map[string]string{
		"dots":            "%2e%2e",
		"dots inside":     "a..b",
		"a leading dot":   ".a",
		"NUL":             "a%00b",
		"CR LF":           "a%0d%0ab",
		"slash":           "a%2Fb",
		"dots and slash":  "..%2F..%2Fetc",
		"backslash":       "a%5Cb",
		"escaped percent": "a%252e",
		"space":           "a%20b",
		"plus":            "a+b",
		"no ASCII":        "%C3%A9",
		"not UTF-8":       "%FF",
		"256 bytes":       strings.Repeat("a", 256),
	} {
		p := wantProblem(t, s.put(t, batch, escaped, "anything", "x", nil), http.StatusBadRequest, "reference")
		if p.Field == nil || *p.Field != "reference" {
			t.Errorf("%s: got %v", name, p.Error())
		}
	}
	wantEmpty(t, s, batch)
	for _, good := range []string{"%61-1", "a.b_c~d", strings.Repeat("a", 255)} {
		if a := s.put(t, batch, good, "anything", "x", nil); a.StatusCode != http.StatusCreated {
			t.Errorf("%s: got %d: %s", good, a.StatusCode, a.body)
		}
	}
}

// raw speaks HTTP by hand, as no client library would. It returns the server's answer
// before the connection closed.
func (s *service) raw(t *testing.T, message string, hangUp bool) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, message); err != nil {
		t.Fatal(err)
	}
	if hangUp {
		conn.(*net.TCPConn).CloseWrite()
	}
	got, _ := io.ReadAll(bufio.NewReader(conn)) // a reset after the answer is an end as well
	return string(got)
}

// rawPut is the beginning of an upload, up to its body.
func (s *service) rawPut(t *testing.T, batch gateway.BatchID, headers string) string {
	return "PUT /v1/batches/" + string(batch) + "/documents/claim-1?class=anything HTTP/1.1\r\nHost: gateway\r\n" +
		"Authorization: Bearer " + s.token(t, s.System) + "\r\nX-Forwarded-For: " + gatewaytest.Address.String() + "\r\n" +
		"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a\r\n" + headers + "\r\n"
}

func TestAClientThatVanishesLeavesNothing(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	for name, message := range map[string]string{
		"short of its length": s.rawPut(t, batch, "Content-Length: 100\r\n") + "only this",
		"inside a chunk":      s.rawPut(t, batch, "Transfer-Encoding: chunked\r\n") + "64\r\nonly this",
		"between chunks":      s.rawPut(t, batch, "Transfer-Encoding: chunked\r\n") + "4\r\nonly\r\n",
		"without any of it":   s.rawPut(t, batch, "Content-Length: 100\r\n"),
	} {
		if got := s.raw(t, message, true); strings.Contains(got, " 201 ") {
			t.Errorf("%s: acknowledged: %s", name, got)
		}
	}
	wantEmpty(t, s, batch)
	if a := s.put(t, batch, "claim-1", "anything", "the whole of it", nil); a.StatusCode != http.StatusCreated {
		t.Errorf("sent again: got %d: %s", a.StatusCode, a.body)
	}
}

func TestChunkedUpload(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	got := s.raw(t, s.rawPut(t, batch, "Transfer-Encoding: chunked\r\nConnection: close\r\n")+"4\r\nsynt\r\n5\r\nhetic\r\n0\r\n\r\n", false)
	if !strings.Contains(got, " 201 ") || !strings.Contains(got, `"size":9`) {
		t.Errorf("got %s", got)
	}
}

// The answer comes and the connection ends while the client still has gigabytes to send.
func TestARefusedBodyIsNotRead(t *testing.T) {
	s := serve(t)
	for name, headers := range map[string]string{
		"announced": "Content-Length: 5000000000\r\n",
		"chunked":   "Transfer-Encoding: chunked\r\n",
		"expecting": "Content-Length: 1000\r\nExpect: 100-continue\r\n",
	} {
		got := s.raw(t, s.rawPut(t, "b_aaaaaaaaaaaaaaaaaaaaaaaaaa", headers), false)
		if !strings.HasPrefix(got, "HTTP/1.1 404 ") || !strings.Contains(got, "\r\nConnection: close\r\n") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestABodyThatStandsStillIsCut(t *testing.T) {
	s := serveWith(t, gatewaytest.New(t, gatewaytest.Config{}), briefly)
	batch := s.Open(t, "lot-1")
	// The client neither sends on nor hangs up: only the server can end this.
	if got := s.raw(t, s.rawPut(t, batch, "Content-Length: 100\r\n")+"only this", false); strings.Contains(got, " 201 ") {
		t.Errorf("acknowledged: %s", got)
	}
	wantEmpty(t, s, batch)
}

func TestStoreAwayIsUnavailable(t *testing.T) {
	s := serve(t)
	batch := s.Open(t, "lot-1")
	s.Objects.SetAway(true)
	a := s.put(t, batch, "claim-1", "anything", "synthetic", nil)
	wantProblem(t, a, http.StatusServiceUnavailable, "unavailable")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	s.Objects.SetAway(false)
	if a := s.put(t, batch, "claim-1", "anything", "synthetic", nil); a.StatusCode != http.StatusCreated {
		t.Errorf("after it is back: got %d: %s", a.StatusCode, a.body)
	}
}
