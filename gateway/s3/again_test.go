package s3_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// between is a proxy in front of a real S3 server that fails the first uploads in the way
// that a test says.
type between struct {
	server *httputil.ReverseProxy
	fail   func(w http.ResponseWriter, r *http.Request, pass http.Handler)

	mu   sync.Mutex
	left int // uploads to fail
	puts int // that came
}

// ServeHTTP implements http.Handler.
func (b *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		b.mu.Lock()
		b.puts++
		b.left--
		fail := b.left >= 0
		b.mu.Unlock()
		if fail {
			b.fail(w, r, http.HandlerFunc(b.pass))
			return
		}
	}
	b.pass(w, r)
}

// pass lets a request through. The server may answer before it has read the body: the
// client gets that answer too, but only when it has sent all of it, because it may be
// deaf until then.
func (b *between) pass(w http.ResponseWriter, r *http.Request) {
	body := r.Body
	r.Body = io.NopCloser(body)
	b.server.ServeHTTP(w, r)
	io.Copy(io.Discard, body)
}

// failing opens a store at a server whose first uploads fail.
func failing(t *testing.T, c s3.Config, uploads int, fail func(http.ResponseWriter, *http.Request, http.Handler)) (*s3.Bucket, *between) {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: c.Endpoint}
	b := &between{left: uploads, fail: fail}
	// Requests are signed for the host that the client sees.
	b.server = &httputil.ReverseProxy{Transport: early{}, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	proxy := httptest.NewServer(b)
	t.Cleanup(proxy.Close)
	c.Endpoint = proxy.Listener.Addr().String()
	store := open(t, c)
	store.Hurry()
	return store, b
}

// early is a transport that takes an answer although the request could not be sent whole.
// http.Transport takes it or fails, as it happens, when the server answers early and
// closes.
type early struct{}

// RoundTrip implements http.RoundTripper.
func (early) RoundTrip(r *http.Request) (*http.Response, error) {
	conn, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", r.URL.Host)
	if err != nil {
		return nil, err
	}
	r.Close = true // one request to a connection
	sent := make(chan struct{})
	go func() { r.Write(conn); close(sent) }() // a server that has not got all of it says so, or closes
	answers := bufio.NewReader(conn)
	for {
		a, err := http.ReadResponse(answers, r)
		if err != nil {
			conn.Close()
			<-sent
			return nil, err
		}
		if a.StatusCode >= 200 {
			a.Body = &lastOf{a.Body, conn, sent}
			return a, nil
		}
	}
}

// lastOf is the body of a connection's only answer.
type lastOf struct {
	io.ReadCloser
	conn net.Conn
	sent <-chan struct{}
}

// Close implements io.Closer.
func (l *lastOf) Close() error {
	l.conn.Close()
	<-l.sent
	return nil
}

// The ways for an upload to fail: before, in the middle of, and after the body; and
// stored, with the answer lost.
var failures = map[string]func(http.ResponseWriter, *http.Request, http.Handler){
	"500": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		io.Copy(io.Discard, r.Body)
		s3test.Says(500, "InternalError")(w, r)
	},
	"503": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		io.Copy(io.Discard, r.Body)
		s3test.Says(503, "SlowDown")(w, r)
	},
	"reset before the body": func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) },
	"reset after the body": func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	},
	"stored, and the answer lost": func(_ http.ResponseWriter, r *http.Request, pass http.Handler) {
		pass.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	},
	"stored, and 500 answered": func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		pass.ServeHTTP(httptest.NewRecorder(), r)
		s3test.Says(500, "InternalError")(w, r)
	},
}

// A body that can be sent again is, and is there once: one object, one version.
func TestBucketSendsHeldBodiesAgain(t *testing.T) {
	server := s3test.StartVersioned(t)
	for name, fail := range failures {
		for _, body := range []struct {
			size     int
			declared bool
		}{{0, true}, {6, true}, {256 << 10, true}, {0, false}, {6, false}, {3 << 20, false}} {
			c := s3test.Apart(server.Config())
			store, b := failing(t, c, 2, fail)
			want := pattern(body.size)
			declared := int64(-1)
			if body.declared {
				declared = int64(body.size)
			}
			if err := store.Put(t.Context(), "d/object", bytes.NewReader(want), declared); err != nil {
				t.Errorf("%s: Put of %+v = %v", name, body, err)
				continue
			}
			if got, err := get(t, store, "d/object"); err != nil || got != string(want) {
				t.Errorf("%s: Get of %+v: %d bytes, %v", name, body, len(got), err)
			}
			if got := server.Versions(path.Join(c.Prefix, "d/object")); len(got) != 1 {
				t.Errorf("%s: %+v is there %d times", name, body, len(got))
			}
			if b.puts < 2 || b.puts > 3 {
				t.Errorf("%s: %+v was sent %d times", name, body, b.puts)
			}
		}
	}
}

// What is under the key is another's: sending again does not make it ours, and leaves it
// alone.
func TestBucketSendingAgainOverwritesNothing(t *testing.T) {
	server := s3test.StartVersioned(t)
	for name, fail := range failures {
		for _, theirs := range []string{"theirs", "ours", "sealed by them"} { // shorter, a beginning, longer
			c := s3test.Apart(server.Config())
			key := path.Join(c.Prefix, "d/object")
			store, _ := failing(t, c, 1, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
				server.Overwrite(key, []byte(theirs)) // just before ours arrives
				fail(w, r, pass)
			})
			err := store.Put(t.Context(), "d/object", strings.NewReader("ours, sealed"), 12)
			if !errors.Is(err, s3.ErrExists) {
				t.Errorf("%s: Put = %v, want ErrExists", name, err)
			}
			if got, err := get(t, store, "d/object"); err != nil || got != theirs {
				t.Errorf("%s: the object is %q, %v", name, got, err)
			}
			if got := server.Versions(key); len(got) != 1 {
				t.Errorf("%s: there are %d versions", name, len(got))
			}
		}
	}
}

// A server that stays away is away, and a caller that stops waiting is let go at once.
// Neither a bad body nor a refusal is sent again.
func TestBucketSendsAgainOnlyWhatMaySucceed(t *testing.T) {
	store, server := answering(t, s3test.Says(503, "SlowDown"))
	if err := store.Put(t.Context(), "d/object", strings.NewReader("sealed"), 6); !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("Put = %v, want ErrUnavailable", err)
	}
	if got := len(server.Requests()); got != 3 {
		t.Errorf("Put sent %d requests, want 3", got)
	}

	ctx, cancel := context.WithCancel(t.Context())
	store, server = answering(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		s3test.Says(503, "SlowDown")(w, r)
	})
	if err := store.Put(ctx, "d/object", strings.NewReader("sealed"), 6); err == nil {
		t.Error("Put succeeded")
	}
	if got := len(server.Requests()); got != 1 {
		t.Errorf("cancelled, Put sent %d requests, want 1", got)
	}

	store, server = answering(t, s3test.Says(403, "AccessDenied"))
	if err := store.Put(t.Context(), "d/object", strings.NewReader("sealed"), 6); err == nil || errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("Put = %v, want a refusal", err)
	}
	for _, size := range []int64{5, 7} {
		if err := store.Put(t.Context(), "d/object", strings.NewReader("sealed"), size); err == nil {
			t.Errorf("Put of 6 bytes declared as %d succeeded", size)
		}
	}
	if got := len(server.Requests()); got != 1 {
		t.Errorf("%d requests were sent, want 1", got)
	}
}
