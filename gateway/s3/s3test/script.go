package s3test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/bordereau/bordereau/gateway/s3"
)

// Script is a server that answers as a test says and remembers what it was asked. Its
// bucket is there.
type Script struct {
	Answer http.HandlerFunc

	mu   sync.Mutex
	seen []*http.Request // but the first, which looks for the bucket; owned by mu
}

// ServeHTTP implements http.Handler.
func (s *Script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead && strings.Count(strings.Trim(r.URL.Path, "/"), "/") == 0 {
		return // the bucket is there
	}
	s.mu.Lock()
	s.seen = append(s.seen, r)
	s.mu.Unlock()
	io.Copy(io.Discard, r.Body)
	s.Answer(w, r)
}

// Requests are those that came, in their order.
func (s *Script) Requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Answering starts a server that answers so. It ends with the test.
func Answering(t testing.TB, answer http.HandlerFunc) (s3.Config, *Script) {
	t.Helper()
	s := &Script{Answer: answer}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return ConfigOf(server), s
}

// ConfigOf reaches a bucket at a server that a test has started.
func ConfigOf(server *httptest.Server) s3.Config {
	return s3.Config{
		Endpoint:  server.Listener.Addr().String(),
		Insecure:  server.TLS == nil,
		Bucket:    bucket,
		AccessKey: "key",
		SecretKey: "very-secret",
	}
}

// Says answers with a status and an S3 error code.
func Says(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as told</Message></Error>", code)
	}
}

// Apart is c with a prefix that no other test uses.
func Apart(c s3.Config) s3.Config {
	c.Prefix = path.Join(c.Prefix, "test-"+strings.ToLower(rand.Text()))
	return c
}

// Client looks into a bucket past the product.
func Client(t testing.TB, c s3.Config) *minio.Core {
	t.Helper()
	core, err := minio.NewCore(c.Endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Region: c.Region,
	})
	if err != nil {
		t.Fatal(err)
	}
	return core
}
