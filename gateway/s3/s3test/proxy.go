package s3test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"

	"github.com/bordereau/bordereau/gateway/s3"
)

// A Habit makes the server that answers behind it another one: it answers in its place,
// or changes what it answers. It passes on what it has nothing to say of.
type Habit func(w http.ResponseWriter, r *http.Request, server http.Handler)

// Behind reaches the server's bucket through a proxy with these habits, the first one
// foremost. Requests are signed for the proxy and arrive as they were signed.
func (s *Server) Behind(habits ...Habit) s3.Config {
	s.t.Helper()
	c := s.Config()
	server := c.Endpoint // which the proxy takes the place of below
	pass := &httputil.ReverseProxy{
		// The Host stays: it is signed.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", server
			r.Out.Host = r.In.Host
		},
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) {
			if ToPut(r) && Conditional(r) && len(s.Versions(keyOf(r))) > 0 {
				// The server has answered a taken key while the body came, and hung up.
				Says(http.StatusPreconditionFailed, "PreconditionFailed")(w, r)
				return
			}
			panic(http.ErrAbortHandler) // as the server did
		},
	}
	// A server may answer before it has read a body. The client gets that answer once it
	// has sent all of it, because it may be deaf until then.
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := r.Body
		r.Body = io.NopCloser(body)
		pass.ServeHTTP(w, r)
		io.Copy(io.Discard, body)
	})
	for i := len(habits) - 1; i >= 0; i-- {
		habit, next := habits[i], handler
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { habit(w, r, next) })
	}
	proxy := httptest.NewServer(handler)
	s.t.Cleanup(proxy.Close)
	c.Endpoint = proxy.Listener.Addr().String()
	return c
}

func keyOf(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/"+bucket+"/") }

// Asks says which requests a habit is about.
type Asks func(r *http.Request) bool

func (q query) of(r *http.Request) bool {
	return r.Method == q.method && r.URL.Query().Has(q.parameter)
}

type query struct{ method, parameter string }

// ForVersions asks for a listing of versions, ForUploads for one of unfinished uploads.
var (
	ForVersions Asks = query{http.MethodGet, "versions"}.of
	ForUploads  Asks = query{http.MethodGet, "uploads"}.of
)

// ToDelete deletes an object or one version of it.
func ToDelete(r *http.Request) bool {
	return r.Method == http.MethodDelete && !r.URL.Query().Has("uploadId")
}

// ToPut stores an object in one request.
func ToPut(r *http.Request) bool { return r.Method == http.MethodPut && len(r.URL.Query()) == 0 }

// ToComplete puts an upload together.
func ToComplete(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}

// ToGet reads an object.
func ToGet(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Count(strings.Trim(r.URL.Path, "/"), "/") > 0
}

// Conditional is a write that must not overwrite.
func Conditional(r *http.Request) bool { return r.Header.Get("If-None-Match") != "" }

// WithTrailer is a write whose checksum follows it, unsigned.
func WithTrailer(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
}

// Any is any request.
func Any(*http.Request) bool { return true }

// Answers has requests answered with a status and an S3 error code.
func Answers(asks Asks, status int, code string) Habit {
	answer := Says(status, code)
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if !asks(r) {
			server.ServeHTTP(w, r)
			return
		}
		io.Copy(io.Discard, r.Body)
		answer(w, r)
	}
}

// Overwrites has the server ignore If-None-Match: what is there is taken away before it
// is asked.
func (s *Server) Overwrites() Habit { return s.overwrites(Conditional) }

// OverwritesParts is Overwrites for what is put together of parts.
func (s *Server) OverwritesParts() Habit { return s.overwrites(ToComplete) }

func (s *Server) overwrites(asks Asks) Habit {
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if asks(r) && Conditional(r) {
			s.Remove(keyOf(r))
		}
		server.ServeHTTP(w, r)
	}
}

// Garbles has the server store other bytes than it was sent, of another length or not,
// and say nothing of their checksum.
func (s *Server) Garbles(garbled func([]byte) []byte) Habit {
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if !ToPut(r) && !ToComplete(r) {
			server.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		if key := keyOf(r); answer.Code == http.StatusOK {
			s.Overwrite(key, garbled(s.content(key)))
		}
		for name, values := range answer.Header() {
			if !strings.HasPrefix(name, "X-Amz-Checksum") && name != "Etag" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(answer.Code)
		io.Copy(w, answer.Body)
	}
}

// Cuts has the bodies of answers end before their length.
func Cuts(asks Asks) Habit {
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if !asks(r) {
			server.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(bytes.Clone(answer.Body.Bytes()[:answer.Body.Len()/2]))
		panic(http.ErrAbortHandler)
	}
}
