package httpapi_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// leased is a service with one document of this size, which the handler may read, and the
// document's content.
func leased(t *testing.T, store gateway.Objects, size int) (*service, gateway.Document, []byte) {
	t.Helper()
	s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Objects: store}))
	batch := s.Open(t, "lot-1")
	content := gatewaytest.Content("claim-1", size)
	d, _ := s.Upload(t, batch, "claim-1", content)
	s.Seal(t, batch, []gateway.Document{d})
	s.Taken(t, batch)
	return s, d, content
}

func (s *service) content(t *testing.T, d gateway.Document) *http.Request {
	return s.request(t, s.Handler, http.MethodGet, "/v1/documents/"+string(d.ID)+"/content", "", nil)
}

func TestDownload(t *testing.T) {
	for name, size := range map[string]int{"empty": 0, "one byte": 1, "verified whole": 1 << 20, "streamed": 5<<20 + 17} {
		t.Run(name, func(t *testing.T) {
			s, d, content := leased(t, nil, size)
			a := s.do(t, s.content(t, d))
			if a.StatusCode != http.StatusOK || !bytes.Equal(a.body, content) {
				t.Fatalf("got %d with %d bytes, want %d", a.StatusCode, len(a.body), size)
			}
			sum := sha256.Sum256(content)
			for name, want := range map[string]string{
				"Cache-Control":           "no-store, no-transform",
				"Content-Disposition":     `attachment; filename="Declaration claim-1.txt"; filename*=UTF-8''D%C3%A9claration%20claim-1.txt`,
				"Content-Length":          strconv.Itoa(size),
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
				"Content-Type":            "text/plain",
				"Repr-Digest":             api.FormatDigest(sum[:]),
				"X-Content-Type-Options":  "nosniff",
			} {
				if got := a.Header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestATamperedDocumentIsAProblem(t *testing.T) {
	store := newTampering(t)
	s, d, _ := leased(t, store, 100_000)
	store.flip(50_000)
	a := s.do(t, s.content(t, d))
	wantProblem(t, a, http.StatusInternalServerError, "tampered")
	for _, name := range []string{"Repr-Digest", "Content-Disposition"} {
		if a.Header.Get(name) != "" {
			t.Errorf("a problem with %s", name)
		}
	}
	if !contains(s.Log.String(), a.Header.Get("Request-Id")) {
		t.Error("it was not logged")
	}
}

func TestALargeDocumentThatIsBadFromTheStartIsAProblem(t *testing.T) {
	store := newTampering(t)
	s, d, _ := leased(t, store, 6<<20)
	store.flip(100)
	wantProblem(t, s.do(t, s.content(t, d)), http.StatusInternalServerError, "tampered")
}

// A part of the document has left before the damage shows. The answer must not look
// whole.
func TestATamperedLargeDocumentBreaksTheConnection(t *testing.T) {
	store := newTampering(t)
	s, d, content := leased(t, store, 6<<20)
	for name, damage := range map[string]func(){
		"flipped": func() { store.flip(5 << 20) },
		"cut":     func() { store.cut(5 << 20) },
	} {
		t.Run(name, func(t *testing.T) {
			damage()
			response, err := http.DefaultClient.Do(s.content(t, d))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			got, err := io.ReadAll(response.Body)
			if response.StatusCode != http.StatusOK || len(got) == 0 {
				t.Fatalf("got %d with %d bytes: the damage showed too early for this test", response.StatusCode, len(got))
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("read %d bytes to %v, want a broken connection", len(got), err)
			}
			if !bytes.HasPrefix(content, got) {
				t.Error("bytes that failed their check have left")
			}
		})
	}
}

func TestDownloadTakesNoParameters(t *testing.T) {
	s, d, _ := leased(t, nil, 10)
	r := s.content(t, d)
	r.URL.RawQuery = "inline=1"
	wantProblem(t, s.do(t, r), http.StatusBadRequest, "parameter")
}
