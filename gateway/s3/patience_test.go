package s3_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// silent never answers, until its caller hangs up.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// impatient opens a bucket that waits for hardly any time.
func impatient(t *testing.T, answer http.HandlerFunc) *s3.Bucket {
	t.Helper()
	b, _ := answering(t, answer)
	b.Patience(time.Millisecond)
	return b
}

// Every call to a server that keeps its connections and says nothing ends, as one that
// may be repeated later.
func TestBucketDoesNotWaitForASilentServer(t *testing.T) {
	for name, call := range map[string]func(b *s3.Bucket) error{
		"small put": func(b *s3.Bucket) error { return b.Put(t.Context(), "d/a", strings.NewReader("sealed"), 6) },
		"put": func(b *s3.Bucket) error {
			return b.Put(t.Context(), "d/a", strings.NewReader(strings.Repeat("x", 1<<20)), 1<<20)
		},
		"chunked put": func(b *s3.Bucket) error { return b.Put(t.Context(), "d/a", strings.NewReader("sealed"), -1) },
		"create":      func(b *s3.Bucket) error { return b.Create(t.Context(), "a", []byte("a"), s3.Retention{}) },
		"get":         func(b *s3.Bucket) error { _, _, err := b.Get(t.Context(), "d/a", 0); return err },
		"stat":        func(b *s3.Bucket) error { _, err := b.Stat(t.Context(), "d/a"); return err },
		"delete":      func(b *s3.Bucket) error { return b.Delete(t.Context(), "d/a") },
		"remove":      func(b *s3.Bucket) error { return b.RemoveVersion(t.Context(), "d/a", "") },
		"lock":        func(b *s3.Bucket) error { _, err := b.HasLock(t.Context()); return err },
		"list": func(b *s3.Bucket) (err error) {
			for _, err = range b.List(t.Context(), "", "") {
			}
			return err
		},
	} {
		if err := call(impatient(t, silent)); !errors.Is(err, s3.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
}

// A body is waited for only while the server is to move: a caller may send it, or take
// it, as slowly as it likes.
func TestPatienceIsForTheServer(t *testing.T) {
	caller := reader(func() error { time.Sleep(time.Hour); return nil })
	synctest.Test(t, func(t *testing.T) {
		body, ctx := s3.Waiting(time.Second, time.Minute).Sending(t.Context(), caller)
		for range 3 {
			body.Read(make([]byte, 1))
			if ctx.Err() != nil {
				t.Fatal("it did not wait for the caller")
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("it waits for a server that takes nothing")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := s3.Waiting(time.Second, time.Minute)
		var ctx context.Context
		body, c := b.Receiving(t.Context(), reader(func() error { <-ctx.Done(); return ctx.Err() }))
		ctx = c
		time.Sleep(time.Hour) // the caller takes nothing yet
		if ctx.Err() != nil {
			t.Fatal("it did not wait for the caller")
		}
		if _, err := body.Read(make([]byte, 1)); !errors.Is(err, s3.ErrUnavailable) {
			t.Errorf("a server that stops in a body: %v, want ErrUnavailable", err)
		}
	})
}

// A refusal says in words what an operator has to see to.
func TestBucketSaysWhyItIsRefused(t *testing.T) {
	for code, want := range map[string]string{
		"RequestTimeTooSkewed":  "clock",
		"InvalidAccessKeyId":    "does not know the access key",
		"SignatureDoesNotMatch": "the secret key",
		"ExpiredToken":          "expired",
		"AccessDenied":          "docs/stores.md",
	} {
		b, _ := answering(t, s3test.Says(403, code))
		if _, err := b.Stat(t.Context(), "d/a"); err == nil {
			t.Error("no error")
		}
		if _, err := get(t, b, "d/a"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s became %v, want %q", code, err, want)
		}
	}
	for off, want := range map[time.Duration]string{-17 * time.Minute: "off by 17m", 17*time.Minute + time.Second: "off by -17m"} {
		b, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			s3test.Says(403, "RequestTimeTooSkewed")(w, r)
		})
		if _, err := get(t, b, "d/a"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a server whose clock is %s from ours: %v, want %q", off, err, want)
		}
	}
}
