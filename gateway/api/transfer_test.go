package api_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/api"
)

// client talks to a handler that stands in for the gateway.
func client(t *testing.T, h http.HandlerFunc) *api.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := api.NewClient(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const document = "d_aaaaaaaaaaaaaaaaaaaaaaaaaa"

func TestSendAnnouncesTheDocument(t *testing.T) {
	content := []byte("%PDF-1.7 synthetic")
	sum := sha256.Sum256(content)
	for name, size := range map[string]int64{"size known": int64(len(content)), "size not known": -1} {
		t.Run(name, func(t *testing.T) {
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				fileName, err := api.ParseDisposition(r.Header.Get("Content-Disposition"))
				digest, err2 := api.ParseDigest(r.Header.Get("Content-Digest"))
				body, err3 := io.ReadAll(r.Body)
				if err := errors.Join(err, err2, err3); err != nil {
					t.Error(err)
				}
				if r.ContentLength != size || fileName != "déclaration.pdf" || !bytes.Equal(digest, sum[:]) || !bytes.Equal(body, content) {
					t.Errorf("got length %d, name %q, digest %x, body %q", r.ContentLength, fileName, digest, body)
				}
				if r.URL.String() != "/v1/batches/b/documents/claim-1?class=form" || r.Header.Get("Authorization") != "Bearer token" {
					t.Errorf("got %s with %q", r.URL, r.Header.Get("Authorization"))
				}
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, `{"document":{"id":"`+document+`"},"receipt":{"jws":"x"}}`)
			})
			u, err := api.Send(t.Context(), c, api.NewDocument{Batch: "b", Reference: "claim-1", Class: "form",
				MediaType: "application/pdf", FileName: "déclaration.pdf", Size: size, SHA256: sum[:]},
				bytes.NewReader(content), api.Bearer("token"))
			if err != nil || u.Document.ID != document {
				t.Errorf("got %+v, %v", u, err)
			}
		})
	}
}

func TestSendAnnouncesAnEmptyDocument(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
			t.Errorf("length %d, encoding %v", r.ContentLength, r.TransferEncoding)
		}
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{}`)
	})
	// net/http does not know the length of this reader, as with a file.
	empty := io.MultiReader(strings.NewReader(""))
	if _, err := api.Send(t.Context(), c, api.NewDocument{Batch: "b", Reference: "r", Class: "c", MediaType: "text/plain", FileName: "f"}, empty); err != nil {
		t.Error(err)
	}
}

func TestARefusalIsAProblem(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"type":"urn:bordereau:problem:denied","title":"No.","status":403,"request":"q_1","reason":"no-lease"}`)
	})
	_, sendErr := api.Send(t.Context(), c, api.NewDocument{Size: -1}, strings.NewReader("x"))
	_, fetchErr := api.Fetch(t.Context(), c, document)
	for _, err := range []error{sendErr, fetchErr} {
		var p *api.Problem
		if !errors.As(err, &p) || p.Kind() != "denied" || *p.Reason != "no-lease" {
			t.Errorf("got %v", err)
		}
	}
	if want := "fetching document: 403 No. (no-lease) [q_1]"; fetchErr.Error() != want {
		t.Errorf("got %q, want %q", fetchErr, want)
	}
}

func TestAnAnswerOfAProxyIsAProblemWithoutKind(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, `<h1>proxy</h1>`)
	})
	_, err := api.Fetch(t.Context(), c, document)
	var p *api.Problem
	if !errors.As(err, &p) || p.Kind() != "" || p.Status != http.StatusBadGateway {
		t.Errorf("got %v", err)
	}
}

// serveContent answers with headers for announced and with the bytes of content.
func serveContent(announced, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256(announced)
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Length", strconv.Itoa(len(announced)))
		w.Header().Set("Content-Disposition", api.FormatDisposition("état.pdf"))
		w.Header().Set("Repr-Digest", api.FormatDigest(sum[:]))
		w.Write(content)
		if len(content) < len(announced) {
			panic(http.ErrAbortHandler)
		}
	}
}

func TestFetch(t *testing.T) {
	content := bytes.Repeat([]byte("synthetic "), 20_000)
	d, err := api.Fetch(t.Context(), client(t, serveContent(content, content)), document)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	got, err := io.ReadAll(d)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if d.FileName != "état.pdf" || d.MediaType != "application/pdf" || d.Size != int64(len(content)) {
		t.Errorf("got %+v", d)
	}
}

func TestFetchRefusesAnIncompleteDocument(t *testing.T) {
	content := bytes.Repeat([]byte("synthetic "), 20_000)
	other := bytes.Clone(content)
	other[len(other)/2] ^= 1
	for name, sent := range map[string][]byte{"short": content[:100_000], "other bytes": other} {
		t.Run(name, func(t *testing.T) {
			d, err := api.Fetch(t.Context(), client(t, serveContent(content, sent)), document)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if n, err := io.Copy(io.Discard, d); err == nil {
				t.Errorf("%d bytes, and no error", n)
			}
		})
	}
}

func TestFetchRefusesAnAnswerWithoutDigestOrLength(t *testing.T) {
	for name, announce := range map[string]func(http.Header){
		"no digest":       func(h http.Header) { h.Del("Repr-Digest") },
		"another digest":  func(h http.Header) { h.Set("Repr-Digest", "sha-512=:AAAA:") },
		"no length":       func(h http.Header) { h.Del("Content-Length") },
		"no file name":    func(h http.Header) { h.Del("Content-Disposition") },
		"a bad file name": func(h http.Header) { h.Set("Content-Disposition", "attachment; filename=a b") },
	} {
		h := func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1")
			w.Header().Set("Content-Disposition", "attachment; filename=a")
			w.Header().Set("Repr-Digest", hello)
			announce(w.Header())
			w.(http.Flusher).Flush()
			io.WriteString(w, "x")
		}
		if _, err := api.Fetch(t.Context(), client(t, h), document); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
