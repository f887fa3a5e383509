package objects_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/objects/objectstest"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

func openS3(t testing.TB, c s3.Config) *objects.S3 {
	t.Helper()
	store, err := objects.OpenS3(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func TestS3Conforms(t *testing.T) {
	server := s3test.Start(t)
	objectstest.Run(t, func(t *testing.T) gateway.Objects { return openS3(t, s3test.Apart(server.Config())) })
}

func TestS3ConformsWithVersions(t *testing.T) {
	server := s3test.StartVersioned(t)
	objectstest.Run(t, func(t *testing.T) gateway.Objects { return openS3(t, s3test.Apart(server.Config())) })
}

// TestNamedS3Conforms runs over the server that BORDEREAU_TEST_S3 names, in the ways that
// a try of it finds.
func TestNamedS3Conforms(t *testing.T) {
	config := s3test.Named(t)
	report, err := s3.Try(t.Context(), s3test.Apart(config))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Logf("%-10s %s: %s", f.State, f.Tried, f.Says)
	}
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	config.Ways = report.Ways
	ledgers, err := s3.TryLedgers(t.Context(), s3test.Apart(config), s3.NoRetention)
	if err != nil || ledgers.Err() != nil {
		t.Errorf("as a bucket for ledgers: %v, %v", err, ledgers.Err())
	}
	objectstest.Run(t, func(t *testing.T) gateway.Objects {
		store := openS3(t, s3test.Apart(config))
		t.Cleanup(func() { empty(t, store) })
		return store
	})
}

func empty(t *testing.T, store gateway.Objects) {
	ctx := context.WithoutCancel(t.Context())
	for info, err := range store.List(ctx, "", "") {
		if err == nil {
			err = store.Delete(ctx, info.Key)
		}
		if err != nil {
			t.Errorf("emptying the bucket: %v", err)
		}
	}
}

func BenchmarkS3(b *testing.B) {
	server := s3test.Start(b)
	objectstest.Benchmark(b, func(b *testing.B) gateway.Objects { return openS3(b, s3test.Apart(server.Config())) })
}

func TestS3ThatIsAway(t *testing.T) {
	server := s3test.Start(t)
	store := openS3(t, s3test.Apart(server.Config()))
	mustPut(t, store, "d/object", "sealed")

	server.Stop()
	_, getErr := get(t, store, "d/object")
	var listErr error
	for _, listErr = range store.List(t.Context(), "", "") {
	}
	_, openErr := objects.OpenS3(t.Context(), server.Config())
	for doing, err := range map[string]error{
		"Put":                 store.Put(t.Context(), "d/other", strings.NewReader("x"), 1),
		"Put of unknown size": store.Put(t.Context(), "d/other", strings.NewReader("x"), -1),
		"Get":                 getErr,
		"Delete":              store.Delete(t.Context(), "d/object"),
		"List":                listErr,
		"OpenS3":              openErr,
	} {
		if !errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("%s while the server is away = %v, want ErrUnavailable", doing, err)
		}
	}

	server.Restart()
	if got, err := get(t, store, "d/object"); err != nil || got != "sealed" {
		t.Errorf("after its return: %q, %v", got, err)
	}
	mustPut(t, store, "d/other", "sealed")
}

func TestS3RefusesAListingOutOfOrder(t *testing.T) {
	page := func(keys ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<ListBucketResult><IsTruncated>false</IsTruncated>")
			for _, key := range keys {
				fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>1</Size></Contents>", key)
			}
			io.WriteString(w, "</ListBucketResult>")
		}
	}
	for _, test := range []struct {
		after string
		keys  []string
		good  bool
	}{
		{"", []string{"a", "NOT-OURS", "b"}, true},
		{"", []string{"b", "a"}, false},
		{"", []string{"a", "a"}, false},
		{"b", []string{"b", "c"}, false}, // did not go on where it was asked to
	} {
		c, _ := s3test.Answering(t, page(test.keys...))
		store := openS3(t, c)
		var last error
		for _, err := range store.List(t.Context(), "", test.after) {
			last = err
		}
		if (last == nil) != test.good {
			t.Errorf("listing %q after %q: %v", test.keys, test.after, last)
		}
	}
}

// What a caller of the gateway branches on is found in an error of the bucket, the text
// stays, and nothing is found that was not said.
func TestS3ErrorsMeanTheSameToTheGateway(t *testing.T) {
	all := []error{gateway.ErrObjectExists, gateway.ErrObjectMissing, gateway.ErrObjectTooLong, gateway.ErrObjectRetained, gateway.ErrUnavailable,
		gateway.ErrStoreRefuses}
	for theirs, ours := range map[error][]error{
		s3.ErrExists:        {gateway.ErrObjectExists},
		s3.ErrMissing:       {gateway.ErrObjectMissing},
		s3.ErrTooLong:       {gateway.ErrObjectTooLong},
		s3.ErrLocked:        {gateway.ErrObjectRetained},
		s3.ErrUnavailable:   {gateway.ErrUnavailable},
		s3.ErrRefused:       {gateway.ErrUnavailable, gateway.ErrStoreRefuses},
		errors.New("other"): nil,
	} {
		err := fmt.Errorf("asking: %w", theirs)
		got := objects.S3Error(err)
		for _, sentinel := range all {
			if errors.Is(got, sentinel) != slices.Contains(ours, sentinel) {
				t.Errorf("%v is %v: %v", theirs, sentinel, errors.Is(got, sentinel))
			}
		}
		if got.Error() != err.Error() || !errors.Is(got, theirs) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if err := objects.S3Error(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}

// Each call speaks of the gateway's errors, also while a body is read.
func TestS3AnswersInTheGatewaysErrors(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   error
	}{
		{503, "SlowDown", gateway.ErrUnavailable},
		{404, "NoSuchKey", gateway.ErrObjectMissing},
		{412, "PreconditionFailed", gateway.ErrObjectExists},
	} {
		c, _ := s3test.Answering(t, s3test.Says(test.status, test.code))
		store := openS3(t, c)
		_, err := get(t, store, "d/object")
		for doing, err := range map[string]error{
			"Get": err, "Put": store.Put(t.Context(), "d/object", strings.NewReader("sealed"), 6),
		} {
			if !errors.Is(err, test.want) {
				t.Errorf("%s answered %d %s = %v, want %v", doing, test.status, test.code, err, test.want)
			}
		}
	}
	c, _ := s3test.Answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", "Wed, 25 Nov 2026 03:00:00 GMT")
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "0123")
	})
	body, _, err := openS3(t, c).Get(t.Context(), "d/object", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if string(got) != "0123" || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("read %q, %v; want 0123, an unexpected end, and the store to blame", got, err)
	}
}
