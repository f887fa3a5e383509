package s3_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// answering opens a bucket at a server that answers so.
func answering(t *testing.T, answer http.HandlerFunc) (*s3.Bucket, *s3test.Script) {
	t.Helper()
	c, script := s3test.Answering(t, answer)
	return open(t, c), script
}

func TestBucketAnswersThatCallersBranchOn(t *testing.T) {
	needs.Parallel(t)
	for _, test := range []struct {
		status int
		code   string
		want   error // of the four
	}{
		{500, "InternalError", s3.ErrUnavailable},
		{503, "SlowDown", s3.ErrUnavailable},
		{502, "", s3.ErrUnavailable},
		{429, "TooManyRequests", s3.ErrUnavailable},
		{400, "RequestTimeout", s3.ErrUnavailable},
		{400, "BadDigest", s3.ErrUnavailable},
		{404, "NoSuchBucket", s3.ErrUnavailable}, // a bucket that is gone is no missing object
		{409, "OperationAborted", s3.ErrUnavailable},
		{404, "NoSuchKey", s3.ErrMissing},
		{412, "PreconditionFailed", s3.ErrExists},
		{403, "AccessDenied", s3.ErrRefused},
		{403, "RequestTimeTooSkewed", s3.ErrRefused},
		{403, "InvalidAccessKeyId", s3.ErrRefused},
		{403, "SignatureDoesNotMatch", s3.ErrRefused},
		{400, "ExpiredToken", s3.ErrRefused},
		{403, "", s3.ErrRefused},
		{400, "InvalidArgument", s3.ErrRefused},
		{501, "NotImplemented", s3.ErrRefused},
	} {
		store, _ := answering(t, s3test.Says(test.status, test.code))
		_, got := get(t, store, "d/object")
		for _, sentinel := range []error{s3.ErrUnavailable, s3.ErrMissing, s3.ErrExists, s3.ErrRefused} {
			if errors.Is(got, sentinel) != (sentinel == test.want) {
				t.Errorf("%d %s became %q, want %v", test.status, test.code, got, test.want)
			}
		}
		if got == nil || test.code != "" && !strings.Contains(got.Error(), test.code) {
			t.Errorf("%d %s became %v, which does not say so", test.status, test.code, got)
		}
	}
}

// A write that streams is sent once: its body is gone.
func TestBucketSendsStreamsOnce(t *testing.T) {
	store, server := answering(t, s3test.Says(503, "SlowDown"))
	err := store.Put(t.Context(), "d/object", strings.NewReader(strings.Repeat("x", 1<<20)), 1<<20)
	if !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("Put = %v, want ErrUnavailable", err)
	}
	if got := len(server.Requests()); got != 1 {
		t.Errorf("Put sent %d requests, want 1", got)
	}
}

// A server that says yes to the beginning of a body has not stored the body.
func TestBucketThatAcceptsTooEarly(t *testing.T) {
	for _, largest := range []int64{0, 1} { // in one request, in parts
		for _, declared := range []int64{8 << 20, -1} {
			answered := make(chan struct{})
			early := sync.OnceFunc(func() { close(answered) })
			parts := multipart(func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "<CompleteMultipartUploadResult><Bucket>documents</Bucket></CompleteMultipartUploadResult>")
			})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPut {
					if r.URL.Path != "/documents/" && r.URL.Path != "/documents" {
						parts(w, r)
					}
					return
				}
				w.WriteHeader(http.StatusOK)
				w.(http.Flusher).Flush()
				early()
			}))
			c := s3test.ConfigOf(server)
			c.LargestPut = largest
			// The rest waits for the answer, after more than the client's buffers hold.
			// Where the size is unknown nothing is sent before the end is known, so such
			// a body cannot wait.
			answer := reader(func() error {
				if declared > 0 {
					<-answered
				}
				return io.EOF
			})
			body := io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), answer, strings.NewReader(strings.Repeat("x", 7<<20)))
			if err := open(t, c).Put(t.Context(), "d/object", body, declared); err == nil {
				t.Errorf("LargestPut %d, size %d: Put succeeded", largest, declared)
			}
			server.Close()
		}
	}
}

func TestBucketPutIsConditionalAndChecked(t *testing.T) {
	store, server := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead { // it looks at what was stored
			stored(200, map[string]string{"Content-Length": "6"}, "")(w, r)
		}
	})
	mustPut(t, store, "d/object", "sealed")
	put := server.Requests()[0]
	for header, want := range map[string]string{
		"If-None-Match":                "*",
		"X-Amz-Content-Sha256":         "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
		"X-Amz-Trailer":                "x-amz-checksum-crc32c",
		"X-Amz-Decoded-Content-Length": "6",
	} {
		if got := put.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
}

// multipart answers an upload in parts, up to its completion.
func multipart(complete http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && r.URL.Query().Has("uploads"):
			io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
		case r.Method == http.MethodPut:
			w.Header().Set("ETag", `"part"`)
		case r.Method == http.MethodPost:
			complete(w, r)
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		default:
			s3test.Says(404, "NoSuchKey")(w, r)
		}
	}
}

func TestBucketCompletionThatFails(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   error
	}{
		{200, "InternalError", s3.ErrUnavailable}, // S3 may begin a 200 before it knows
		{500, "InternalError", s3.ErrUnavailable},
		{404, "NoSuchUpload", s3.ErrUnavailable},
		{409, "ConditionalRequestConflict", s3.ErrUnavailable},
		{412, "PreconditionFailed", s3.ErrExists},
	} {
		server := &s3test.Script{Answer: multipart(s3test.Says(test.status, test.code))}
		listener := httptest.NewServer(server)
		t.Cleanup(listener.Close)
		c := s3test.ConfigOf(listener)
		c.LargestPut = 1
		err := open(t, c).Put(t.Context(), "d/object", strings.NewReader("sealed"), 6)
		if !errors.Is(err, test.want) {
			t.Errorf("completion answered %d %s: Put = %v, want %v", test.status, test.code, err, test.want)
		}
		completions, aborts := 0, 0
		for _, r := range server.Requests() {
			switch {
			case r.Method == http.MethodPost && r.URL.Query().Has("uploadId"):
				completions++
				if got := r.Header.Get("If-None-Match"); got != "*" {
					t.Errorf("completion has If-None-Match %q, want *", got)
				}
			case r.Method == http.MethodDelete:
				aborts++
			}
		}
		if completions != 1 || aborts != 1 {
			t.Errorf("completion answered %d: %d completions and %d aborts, want one of each", test.status, completions, aborts)
		}
	}
}

func TestBucketConflictIsAnObjectWhereThereIsOne(t *testing.T) {
	store, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			s3test.Says(409, "ConditionalRequestConflict")(w, r)
			return
		}
		w.Header().Set("Last-Modified", "Wed, 25 Nov 2026 03:00:00 GMT")
	})
	err := store.Put(t.Context(), "d/object", strings.NewReader("sealed"), 6)
	if !errors.Is(err, s3.ErrExists) {
		t.Errorf("Put = %v, want ErrExists", err)
	}
}

// Where the connection breaks in the middle of a body our own object cannot be there: one
// that is there is another's. Where it breaks after the body it may be ours.
func TestBucketPutWhoseAnswerIsLost(t *testing.T) {
	for _, test := range []struct {
		middle, there bool
		want          error
	}{
		{middle: true, there: true, want: s3.ErrExists},
		{middle: true, there: false, want: s3.ErrUnavailable},
		{middle: false, there: true, want: s3.ErrUnavailable},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPut:
				if !test.middle {
					io.Copy(io.Discard, r.Body)
				}
				panic(http.ErrAbortHandler)
			case strings.HasSuffix(r.URL.Path, "object") && !test.there:
				w.WriteHeader(http.StatusNotFound)
			}
			w.Header().Set("Last-Modified", "Wed, 25 Nov 2026 03:00:00 GMT")
		}))
		store := open(t, s3test.ConfigOf(server))
		for _, size := range []int64{8 << 20, -1} {
			err := store.Put(t.Context(), "d/object", strings.NewReader(strings.Repeat("x", 8<<20)), size)
			if !errors.Is(err, test.want) {
				t.Errorf("broken in the middle: %v, there: %v, size %d: Put = %v, want %v", test.middle, test.there, size, err, test.want)
			}
		}
		server.Close()
	}
}

// stored answers a Get with a header and part of a body.
func stored(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", "Wed, 25 Nov 2026 03:00:00 GMT")
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestBucketBodyThatEndsEarly(t *testing.T) {
	store, _ := answering(t, stored(200, map[string]string{"Content-Length": "10"}, "0123"))
	body, size, err := store.Get(t.Context(), "d/object", 0)
	if err != nil || size != 10 {
		t.Fatalf("Get: %d bytes, %v", size, err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if string(got) != "0123" || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("read %q, %v; want 0123, an unexpected end, and the store to blame", got, err)
	}
}

func TestBucketRefusesAnotherRangeThanItAskedFor(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"everything":    stored(200, map[string]string{"Content-Length": "10"}, "0123456789"),
		"another range": stored(206, map[string]string{"Content-Range": "bytes 3-9/10"}, "3456789"),
		"half a range":  stored(206, map[string]string{"Content-Range": "bytes 4-8/10"}, "45678"),
		"no size":       stored(206, map[string]string{"Content-Range": "bytes 4-9/*"}, "456789"),
	} {
		store, _ := answering(t, answer)
		body, _, err := store.Get(t.Context(), "d/object", 4)
		if err == nil {
			body.Close()
			t.Errorf("a server that gives %s is believed", name)
		}
	}
	store, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		stored(200, nil, "")(w, r)
		w.(http.Flusher).Flush() // chunked, so without a length
	})
	if _, err := get(t, store, "d/object"); err == nil {
		t.Error("a server that does not say how long the object is is believed")
	}
}

// The client ends a listing that is cancelled between two pages as if it were complete.
func TestBucketListingThatIsCancelled(t *testing.T) {
	store, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>
			<Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>`)
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range store.List(ctx, "", "") {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the listing ended with %v, want context.Canceled", last)
	}
}

// A caller that stops waiting for a silent store has waited for the store.
func TestBucketThatIsSilent(t *testing.T) {
	ctx := &deadline{Context: t.Context(), done: make(chan struct{})}
	store, _ := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		close(ctx.done)
		<-r.Context().Done() // until the caller hangs up
	})
	_, _, err := store.Get(ctx, "d/object", 0)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("Get = %v, want a deadline and ErrUnavailable", err)
	}
}

// deadline is a context whose deadline passes when done is closed.
type deadline struct {
	context.Context
	done chan struct{}
}

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.done }

// Err implements context.Context.
func (d *deadline) Err() error {
	select {
	case <-d.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestBucketTrustsItsCAFile(t *testing.T) {
	server := httptest.NewUnstartedServer(&s3test.Script{})
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of clients that do not trust it
	server.StartTLS()
	t.Cleanup(server.Close)
	c := s3test.ConfigOf(server)
	if _, err := s3.Open(t.Context(), c); err == nil {
		t.Error("a certificate of an unknown authority is trusted")
	}
	c.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(c.CAFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, c)
}

func TestBucketConfigHidesItsSecrets(t *testing.T) {
	c := s3.Config{Endpoint: "host", Bucket: "b", AccessKey: "hidden", SecretKey: "hidden", SessionToken: "hidden"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c) + c.LogValue().String(); strings.Contains(got, "hidden") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
